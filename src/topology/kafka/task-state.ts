import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreSpec, TaskStorage } from '../stores/bytes.ts';
import { LmdbStorage } from '../stores/lmdb-storage.ts';
import { MemoryStorage } from '../stores/memory-storage.ts';
import type { StateFolders } from './state-folders.ts';

const IDENTITY_FILE = 'identity.json';
const DATA_FOLDER = 'rows';

/** The stores of one task while it is run here. */
export interface TaskState {
  readonly storage: TaskStorage;
  /**
   * When the rows that were found here were surely up to date, ms since the epoch: the last write, or the begin of a restore
   * that was not finished. Undefined where nothing was found.
   */
  readonly currentAsOfMs: number | undefined;
  /** A restore begins, or has come to its end. */
  restoring(done: boolean): void;
  close(): void;
}

/** What the rows in a folder belong to; rows of anything else are of no use here. */
interface Identity {
  readonly version: 1;
  readonly clusterId: string;
  /** Per store how its rows are laid out. */
  readonly layouts: Readonly<Record<string, string>>;
  /** When the first of the restores began that have not been finished. */
  readonly restoringSinceMs?: number;
}

function readIdentity(folder: string): Partial<Identity> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, IDENTITY_FILE), 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {}; // none, or half of one: the same as a stranger's
  }
}

function writeIdentity(folder: string, identity: Identity): void {
  writeFileSync(join(folder, IDENTITY_FILE), JSON.stringify(identity));
}

function lastWritten(data: string): number | undefined {
  if (!existsSync(data)) return undefined;
  const times = readdirSync(data).map((name) => statSync(join(data, name)).mtimeMs);
  return times.length > 0 ? Math.max(...times) : undefined;
}

const layoutOf = (store: StoreSpec) => store.layout ?? '';

/** Opens the state of a task in memory, where nothing survives the process. */
export function openInMemory(): TaskState {
  const storage = new MemoryStorage();
  return { storage, currentAsOfMs: undefined, restoring: () => {}, close: () => storage.close() };
}

/** Opens it on disk, in a folder that it holds until it is closed. Rows of another cluster or layout are forgotten. */
export function openOnDisk(
  folders: StateFolders,
  task: string,
  stores: readonly StoreSpec[],
  clusterId: string,
): TaskState {
  const folder = folders.claim(task);
  try {
    const data = join(folder.path, DATA_FOLDER);
    const before = readIdentity(folder.path);
    if (before.version !== 1 || before.clusterId !== clusterId)
      rmSync(data, { recursive: true, force: true });
    const writtenMs = lastWritten(data);
    const storage = LmdbStorage.open(data);
    for (const store of stores) {
      const layout = before.layouts?.[store.name];
      if (layout !== undefined && layout !== layoutOf(store)) storage.wipe(store.name);
    }
    const layouts = Object.fromEntries(stores.map((store) => [store.name, layoutOf(store)]));
    const since = writtenMs === undefined ? undefined : before.restoringSinceMs;
    let identity: Identity = {
      version: 1,
      clusterId,
      layouts: { ...before.layouts, ...layouts },
      ...(since === undefined ? {} : { restoringSinceMs: since }),
    };
    writeIdentity(folder.path, identity);
    return {
      storage,
      currentAsOfMs: since ?? writtenMs,
      restoring: (done) => {
        const { restoringSinceMs = Date.now(), ...rest } = identity;
        identity = done ? rest : { ...rest, restoringSinceMs };
        writeIdentity(folder.path, identity);
      },
      close: () => {
        storage.close();
        folder.release();
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}
