import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreSpec, TaskStorage } from '../stores/bytes.ts';
import { DATA_FILE, LmdbStorage } from '../stores/lmdb-storage.ts';
import { MemoryStorage } from '../stores/memory-storage.ts';
import type { StateFolders } from './state-folders.ts';

const IDENTITY_FILE = 'identity.json';
const DATA_FOLDER = 'rows';

/** The stores of one task while it is run here. */
export interface TaskState {
  readonly storage: TaskStorage;
  /**
   * When the rows that were found here were surely up to date, ms since the epoch: at the last commit, or at the begin of the
   * last restore that was finished, whichever is later. Neither opening nor closing them, nor a restore that was not
   * finished, makes them newer. Undefined where nothing was found.
   */
  readonly currentAsOfMs: number | undefined;
  /** A restore begins, or has come to its end. */
  restoring(done: boolean): void;
  /** No row is left that may have missed a deletion before this restore began: what it has read stays good if it is interrupted. */
  renewed(): void;
  close(): void;
}

/** What the rows in a folder belong to; rows of anything else are of no use here. */
interface Identity {
  readonly version: 1;
  readonly clusterId: string;
  /** Per store how its rows are laid out. */
  readonly layouts: Readonly<Record<string, string>>;
  /** Since the rows were opened no restore of them was finished: they are as old as this, whenever they were written. */
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
  writeFileSync(join(folder, IDENTITY_FILE), JSON.stringify(identity), { flush: true });
}

/** Of the rows alone: the other files of the folder are written whenever it is opened and closed. */
function lastWritten(data: string): number | undefined {
  return statSync(join(data, DATA_FILE), { throwIfNoEntry: false })?.mtimeMs;
}

const layoutOf = (store: StoreSpec) => store.layout ?? '';

/** Opens the state of a task in memory, where nothing survives the process. */
export function openInMemory(): TaskState {
  const storage = new MemoryStorage();
  return {
    storage,
    currentAsOfMs: undefined,
    restoring: () => {},
    renewed: () => {},
    close: () => storage.close(),
  };
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
    const currentAsOfMs = writtenMs === undefined ? undefined : (before.restoringSinceMs ?? writtenMs);
    let beganMs = Date.now();
    let identity: Identity = {
      version: 1,
      clusterId,
      layouts: before.layouts ?? {},
      restoringSinceMs: currentAsOfMs ?? beganMs,
    };
    const change = (to: Identity) => {
      identity = to;
      writeIdentity(folder.path, identity);
    };
    if (writtenMs !== undefined) change(identity); // what is written from here on tells nothing of the rows' age
    const storage = LmdbStorage.open(data);
    for (const store of stores) {
      const layout = before.layouts?.[store.name];
      if (layout !== undefined && layout !== layoutOf(store)) storage.wipe(store.name);
    }
    const layouts = Object.fromEntries(stores.map((store) => [store.name, layoutOf(store)]));
    change({ ...identity, layouts: { ...before.layouts, ...layouts } });
    return {
      storage,
      currentAsOfMs,
      restoring: (done) => {
        if (!done) {
          beganMs = Date.now();
          change({ restoringSinceMs: lastWritten(data) ?? beganMs, ...identity });
          return;
        }
        utimesSync(join(data, DATA_FILE), beganMs / 1000, beganMs / 1000);
        const { restoringSinceMs: _, ...rest } = identity;
        change(rest);
      },
      renewed: () => change({ ...identity, restoringSinceMs: beganMs }),
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
