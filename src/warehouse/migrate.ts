import { createHash } from 'node:crypto';
import { StreamsError } from '../topology/errors.ts';
import type { Connection } from './connection.ts';
import { allRows, keepMonths, type MonthChanges, monthTables } from './months.ts';
import { migrationFiles, perMonth, readSql, sqlTime } from './sql.ts';

export interface MigrationResult extends MonthChanges {
  /** Names of the migrations that were applied now. */
  readonly applied: readonly string[];
}

/** Both dialects know groups: what Redshift calls roles has another syntax on PostgreSQL. */
const GROUPS = ['darkroom_analysts', 'darkroom_customers'] as const;

/**
 * Brings the warehouse to what this version wants: tables, views, grants, and the tables of the months around now. Each
 * migration is a transaction. Does nothing the second time; two at once take turns.
 */
export async function migrate(connection: Connection, nowMs: number): Promise<MigrationResult> {
  await connection.executeFile('bootstrap.sql');
  await createGroups(connection);
  const applied: string[] = [];
  for (const name of migrationFiles()) if (await apply(connection, name, nowMs)) applied.push(name);
  return { applied, ...(await keepMonths(connection, nowMs)) };
}

async function apply(connection: Connection, name: string, nowMs: number): Promise<boolean> {
  const sql = readSql(`migrations/${name}`);
  const checksum = createHash('sha256').update(sql).digest('hex');
  return connection.transaction(async () => {
    await connection.query('LOCK TABLE darkroom.schema_migrations');
    const [known] = await connection.query<{ checksum: string }>(
      'SELECT checksum FROM darkroom.schema_migrations WHERE name = $1',
      [name],
    );
    if (known && known.checksum !== checksum) {
      throw new StreamsError(
        'WAREHOUSE_MIGRATION_CHANGED',
        'fail',
        `the migration ${name} has changed since it was applied. What to do: restore it, and put the change into a new migration`,
      );
    }
    if (known) return false;
    const months = await monthTables(connection);
    const names = months.map((month) => month.name);
    await connection.execute(perMonth(sql, names), { all_rows: allRows(months) });
    await connection.query(
      `INSERT INTO darkroom.schema_migrations (name, checksum, applied_at) VALUES ($1, $2, '${sqlTime(nowMs)}')`,
      [name, checksum],
    );
    return true;
  });
}

/** Throws WAREHOUSE_NOT_MIGRATED where a migration of this version has not been applied. */
export async function requireMigrated(connection: Connection): Promise<void> {
  const rows = await connection.query<{ name: string }>('SELECT name FROM darkroom.schema_migrations');
  const known = new Set(rows.map(({ name }) => name));
  const missing = migrationFiles().filter((name) => !known.has(name));
  if (missing.length > 0) {
    throw new StreamsError(
      'WAREHOUSE_NOT_MIGRATED',
      'retry',
      `the warehouse lacks ${missing.join(', ')}. What to do: darkroom warehouse migrate`,
    );
  }
}

async function createGroups(connection: Connection): Promise<void> {
  const rows = await connection.query<{ groname: string }>('SELECT groname FROM pg_group');
  const known = new Set(rows.map(({ groname }) => groname));
  for (const group of GROUPS) {
    if (known.has(group)) continue;
    await connection.query(`CREATE GROUP ${group}`).catch((error: unknown) => {
      throw new StreamsError(
        'WAREHOUSE_GROUP_MISSING',
        'fail',
        `the group ${group} is not there, and this user may not create it. What to do: let an administrator run CREATE GROUP ${group}`,
        { cause: error },
      );
    });
  }
}
