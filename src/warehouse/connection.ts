import pg from 'pg';
import { warehouseError } from './errors.ts';
import { type Dialect, readSql, statementsOf } from './sql.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A load of a minute's rows takes seconds; one that waits for a lock of somebody's forgotten session ends here. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** One session with the warehouse. Errors are StreamsErrors with a WAREHOUSE_ code. */
export class Connection {
  readonly dialect: Dialect;
  readonly #client: pg.Client;

  private constructor(client: pg.Client, dialect: Dialect) {
    this.#client = client;
    this.dialect = dialect;
  }

  /** `url`: `postgres://user:password@host:port/database`, with `?sslmode=…` where TLS is asked for. */
  static async open(url: string): Promise<Connection> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'darkroom',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', () => {}); // the next query says so too
    try {
      await client.connect();
      const { rows } = await client.query<{ version: string }>('SELECT version() AS version');
      await client.query(`SET statement_timeout TO ${STATEMENT_TIMEOUT_MS}`);
      return new Connection(client, /redshift/i.test(rows[0]?.version ?? '') ? 'redshift' : 'postgres');
    } catch (error) {
      await client.end().catch(() => {});
      throw warehouseError(error);
    }
  }

  async query<Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    try {
      return (await this.#client.query<Row>(sql, [...values])).rows;
    } catch (error) {
      throw warehouseError(error);
    }
  }

  /** Runs the statements of a text of `warehouse/`, one after another. */
  async execute(sql: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const statement of statementsOf(sql, this.dialect, values)) await this.query(statement);
  }

  /** Runs a file of `warehouse/`. */
  async executeFile(path: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.execute(readSql(path), values);
  }

  /** All of `work` or nothing. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('BEGIN');
    try {
      const result = await work();
      await this.query('COMMIT');
      return result;
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {}); // a lost connection has rolled back already
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

/** Runs `use` with a connection of its own. */
export async function withWarehouse<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.open(url);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
