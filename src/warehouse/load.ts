import type { Connection } from './connection.ts';
import { type MonthTable, monthTables, OTHER_TABLE } from './months.ts';
import { msOfSqlTime, sqlTime } from './sql.ts';

/** As long as the ledger remembers an event: a repeat that says it was received at another time is found within that. */
const REPEATS_WITHIN_MS = 45 * 24 * 60 * 60 * 1000;

export interface LoadResult {
  /** Rows that the stage held. */
  readonly staged: number;
  /** Rows that were new. */
  readonly loaded: number;
  /** Rows of events and revisions that were there already, or twice in the stage. */
  readonly repeats: number;
  /** When the newest event that is loaded was processed, ms since the epoch; null while there is none. */
  readonly loadedThroughMs: number | null;
}

/**
 * Moves what the stage holds into the tables of its months, each event and revision once, and empties the stage: one
 * transaction, under a lock. Throws a StreamsError; then nothing has changed.
 */
export async function load(connection: Connection, nowMs: number): Promise<LoadResult> {
  return connection.transaction(async () => {
    await connection.executeFile('load/1-lock.sql');
    const staged = await count(connection, 'darkroom.image_stats_stage');
    const loaded = staged === 0 ? 0 : await loadStage(connection);
    await connection.executeFile('load/6-progress.sql', { now: sqlTime(nowMs) });
    if (staged > 0) await connection.executeFile('load/7-empty.sql');
    const [progress] = await connection.query<{ through: string | null }>(
      'SELECT CAST(loaded_through AS VARCHAR) AS through FROM darkroom.loaded_through',
    );
    return {
      staged,
      loaded,
      repeats: staged - loaded,
      loadedThroughMs: msOfSqlTime(progress?.through ?? null),
    };
  });
}

/** Gives how many rows were new. */
async function loadStage(connection: Connection): Promise<number> {
  await connection.executeFile('load/2-distinct.sql');
  const months = await monthTables(connection);
  await connection.executeFile('load/3-known.sql', await repeatBounds(connection, months));
  const loaded = await count(connection, 'load_rows');
  for (const month of await monthsWithRows(connection, months)) {
    await connection.executeFile('load/4-month.sql', {
      from: sqlTime(month.fromMs),
      to: sqlTime(month.toMs),
    });
    await connection.executeFile('load/5-merge.sql', { table: month.name, source: 'load_month' });
    await connection.query('DROP TABLE load_month');
  }
  await connection.executeFile('load/5-merge.sql', { table: OTHER_TABLE, source: 'load_rows' });
  return loaded;
}

/** Within what times rows of the same events may have been received; none for rows that belong to no month. */
async function repeatBounds(
  connection: Connection,
  months: readonly MonthTable[],
): Promise<{ from: string; to: string }> {
  const fromMs = months[0]?.fromMs ?? 0;
  const toMs = months.at(-1)?.toMs ?? 0;
  const [range] = await connection.query<{ lowest: string | null; highest: string | null }>(
    'SELECT CAST(MIN(received_at) AS VARCHAR) AS lowest, CAST(MAX(received_at) AS VARCHAR) AS highest FROM load_rows ' +
      `WHERE received_at >= '${sqlTime(fromMs)}' AND received_at < '${sqlTime(toMs)}'`,
  );
  const lowestMs = msOfSqlTime(range?.lowest ?? null);
  const highestMs = msOfSqlTime(range?.highest ?? null);
  return lowestMs === null || highestMs === null
    ? { from: sqlTime(0), to: sqlTime(0) }
    : { from: sqlTime(lowestMs - REPEATS_WITHIN_MS), to: sqlTime(highestMs + REPEATS_WITHIN_MS) };
}

async function monthsWithRows(connection: Connection, months: readonly MonthTable[]): Promise<MonthTable[]> {
  const rows = await connection.query<{ year: string; month: string }>(
    'SELECT DISTINCT EXTRACT(YEAR FROM received_at) AS year, EXTRACT(MONTH FROM received_at) AS month FROM load_rows',
  );
  const received = new Set(rows.map(({ year, month }) => Date.UTC(Number(year), Number(month) - 1)));
  return months.filter(({ fromMs }) => received.has(fromMs));
}

async function count(connection: Connection, table: string): Promise<number> {
  const [row] = await connection.query<{ rows: string }>(`SELECT COUNT(*) AS rows FROM ${table}`);
  return Number(row?.rows ?? 0);
}
