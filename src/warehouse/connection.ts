import pg from 'pg';
import { StreamsError } from '../topology/errors.ts';
import { warehouseError } from './errors.ts';
import { type Dialect, readSql, statementsOf } from './sql.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A load of a minute's rows takes seconds; one that waits for a lock of somebody's forgotten session ends here. */
const STATEMENT_TIMEOUT_MS = 300_000;
/** Past the server's own: a server that is gone without a word says nothing about time either. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 10_000;
const KEEP_ALIVE_MS = 30_000;

/** Where the warehouse is; an address alone will do where it says everything. */
export interface WarehousePlace {
  /**
   * `postgres://user:password@host:port/database`, with `?sslmode=…` where TLS is asked for. Whatever the mode says, the
   * certificate and the name in it are checked, as with `verify-full`.
   */
  readonly url: string;
  /** Of the user, where the address has none. */
  readonly password?: string;
  /** PEM of the authorities that may have signed its certificate; asks for TLS by itself. */
  readonly ca?: string;
}

/** One session with the warehouse. Errors are StreamsErrors with a WAREHOUSE_ code. */
export class Connection {
  readonly dialect: Dialect;
  readonly #client: pg.Client;

  private constructor(client: pg.Client, dialect: Dialect) {
    this.#client = client;
    this.dialect = dialect;
  }

  static async open(place: WarehousePlace | string): Promise<Connection> {
    const client = new pg.Client({
      ...addressOf(typeof place === 'string' ? { url: place } : place),
      application_name: 'darkroom',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
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
      // a lost connection has rolled back already, and one that is silent would take another five minutes
      const lost = error instanceof StreamsError && error.code === 'WAREHOUSE_UNREACHABLE';
      if (!lost) await this.#client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

/** Runs `use` with a connection of its own. */
export async function withWarehouse<T>(
  place: WarehousePlace | string,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(place);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/**
 * The driver's settings. It reads `sslmode` itself, warns that it takes `require` and `verify-ca` for more than libpq does, and would
 * do less in its next version: so what we mean is said here.
 */
export function addressOf({ url, password, ca }: WarehousePlace): pg.ClientConfig {
  const address = new URL(url);
  if (password !== undefined) address.password = encodeURIComponent(password);
  const mode = address.searchParams.get('sslmode');
  address.searchParams.delete('sslmode');
  const secured = ca !== undefined || (mode !== null && mode !== 'disable');
  return {
    connectionString: address.href,
    ...(secured && { ssl: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) } }),
  };
}
