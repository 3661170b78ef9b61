import { warehouseConfig } from '../config/compile.ts';
import { createLogger } from '../observability/logger.ts';
import { withWarehouse } from '../warehouse/connection.ts';
import { load } from '../warehouse/load.ts';
import { LoadRole } from '../warehouse/load-role.ts';
import { migrate, requireMigrated } from '../warehouse/migrate.ts';
import { stopped } from './stopped.ts';
import type { Terminal } from './terminal.ts';

const CLOSE_MS = 25_000;

/** Prints what was applied, created and dropped. */
export async function migrateWarehouse(
  { json }: { readonly json?: true },
  { env, out }: Terminal,
): Promise<void> {
  const { warehouse } = warehouseConfig(env);
  const result = await withWarehouse(warehouse, (connection) => migrate(connection, Date.now()));
  if (json) {
    out(`${JSON.stringify(result)}\n`);
    return;
  }
  for (const name of result.applied) out(`applied  ${name}\n`);
  for (const name of result.created) out(`created  ${name}\n`);
  for (const name of result.dropped) out(`dropped  ${name}\n`);
  if (Object.values(result).every((names) => names.length === 0)) out('nothing to do\n');
}

/** One load and its figures, or with `every` (ms) loads until the terminal stops them. */
export async function loadWarehouse(
  { every, json }: { readonly every?: number; readonly json?: true },
  terminal: Terminal,
): Promise<void> {
  const { warehouse, logLevel } = warehouseConfig(terminal.env);
  if (every !== undefined) {
    const role = new LoadRole({ warehouse, intervalMs: every, logger: createLogger({ level: logLevel }) });
    try {
      await role.start(terminal.stop);
      await stopped(terminal.stop);
    } catch (error) {
      if (!terminal.stop.aborted) throw error;
    } finally {
      await role.close(CLOSE_MS);
    }
    return;
  }
  const result = await withWarehouse(warehouse, async (connection) => {
    await requireMigrated(connection);
    return load(connection, Date.now());
  });
  const { loadedThroughMs, ...counts } = result;
  const loadedThrough = loadedThroughMs === null ? null : new Date(loadedThroughMs).toISOString();
  terminal.out(
    json
      ? `${JSON.stringify({ ...counts, loadedThrough })}\n`
      : `${counts.loaded} rows loaded, ${counts.repeats} repeats left out; loaded through ${loadedThrough ?? 'nothing yet'}\n`,
  );
}
