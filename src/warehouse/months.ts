import type { Connection } from './connection.ts';
import { sqlTime } from './sql.ts';

/** A table of a month: rows with `fromMs` <= received_at < `toMs`. */
export interface MonthTable {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export const OTHER_TABLE = 'image_stats_other';
/** Months behind: as long as topics are kept. Months ahead: as long as nobody may look after the warehouse. */
const MONTHS_BEHIND = 2;
const MONTHS_AHEAD = 3;
const RETENTION_YEARS = 5;

const MONTH_TABLE = /^image_stats_(\d{4})_(\d{2})$/;

/** The table of the month that is `months` after that of `ms`. */
export function monthTable(ms: number, months = 0): MonthTable {
  const date = new Date(ms);
  const fromMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const [year = '', month = ''] = new Date(fromMs).toISOString().split('-');
  const from = new Date(fromMs);
  return {
    name: `image_stats_${year}_${month}`,
    fromMs,
    toMs: Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1),
  };
}

/** The tables that there are, the oldest first. */
export async function monthTables(connection: Connection): Promise<MonthTable[]> {
  const rows = await connection.query<{ table_name: string }>(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'darkroom' AND table_type = 'BASE TABLE'",
  );
  return rows
    .flatMap(({ table_name }) => {
      const [, year, month] = MONTH_TABLE.exec(table_name) ?? [];
      return year && month ? [monthTable(Date.UTC(Number(year), Number(month) - 1))] : [];
    })
    .sort((a, b) => a.fromMs - b.fromMs);
}

/** Whether a month ended more than five years ago. */
export function isExpired({ toMs }: MonthTable, nowMs: number): boolean {
  const now = new Date(nowMs);
  return toMs <= Date.UTC(now.getUTCFullYear() - RETENTION_YEARS, now.getUTCMonth(), now.getUTCDate());
}

export interface MonthChanges {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * Creates the tables of the months around now that are not there, and drops those of months that ended more than five years ago;
 * the view follows. Other rows go by when they were processed, since the time of their receipt is anybody's.
 */
export async function keepMonths(connection: Connection, nowMs: number): Promise<MonthChanges> {
  return connection.transaction(async () => {
    await connection.query('LOCK TABLE darkroom.schema_migrations');
    const existing = await monthTables(connection);
    const names = new Set(existing.map(({ name }) => name));
    const wanted = Array.from({ length: MONTHS_BEHIND + 1 + MONTHS_AHEAD }, (_, index) =>
      monthTable(nowMs, index - MONTHS_BEHIND),
    );
    const created = wanted.filter(({ name }) => !names.has(name));
    const dropped = existing.filter((month) => isExpired(month, nowMs));
    for (const { name } of created) await connection.executeFile('month.sql', { table: name });
    if (created.length + dropped.length > 0) {
      const kept = [...existing.filter((month) => !dropped.includes(month)), ...created];
      await connection.execute(allRowsView(kept));
    }
    for (const { name } of dropped) await connection.query(`DROP TABLE darkroom.${name}`);
    const cutoff = new Date(nowMs);
    cutoff.setUTCFullYear(cutoff.getUTCFullYear() - RETENTION_YEARS);
    await connection.query(
      `DELETE FROM darkroom.${OTHER_TABLE} WHERE processed_at < '${sqlTime(cutoff.getTime())}'`,
    );
    return { created: created.map(({ name }) => name), dropped: dropped.map(({ name }) => name) };
  });
}

/** The view over all rows, which has the columns of the tables. */
export const allRowsView = (months: readonly MonthTable[]): string =>
  `CREATE OR REPLACE VIEW darkroom.image_stats AS\n${allRows(months)}`;

/** Every row of these months and of none. */
export const allRows = (months: readonly MonthTable[]): string =>
  [...months.map(({ name }) => name), OTHER_TABLE]
    .map((name) => `SELECT * FROM darkroom.${name}`)
    .join('\nUNION ALL\n');
