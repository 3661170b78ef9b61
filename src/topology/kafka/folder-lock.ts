import { join } from 'node:path';
import { StreamsError } from '../errors.ts';

const LOCK_FILE = 'owner.lock';
const SQLITE_BUSY = 5;

/**
 * Holds a folder for as long as this process lives: an exclusive transaction on an SQLite file in it. The kernel frees that
 * lock when the process dies, however it dies, and SQLite keeps two holders within one process apart, which the kernel
 * does not.
 */
export class FolderLock {
  readonly #release: () => void;

  private constructor(release: () => void) {
    this.#release = release;
  }

  /** Takes the lock of an existing folder; undefined when somebody holds it. Throws STATE_DIR_UNSUPPORTED, or what the file system says. */
  static tryAcquire(folder: string): FolderLock | undefined {
    const sqlite = 'getBuiltinModule' in process ? process.getBuiltinModule('node:sqlite') : undefined;
    if (!sqlite) {
      throw new StreamsError(
        'STATE_DIR_UNSUPPORTED',
        'fail',
        `a state directory needs node:sqlite for its locks, and Node ${process.versions.node} has none. Use Node 22.13 or later, or no state directory`,
      );
    }
    const file = new sqlite.DatabaseSync(join(folder, LOCK_FILE));
    try {
      file.exec('PRAGMA locking_mode = EXCLUSIVE');
      file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      file.close();
      if (error instanceof Error && Reflect.get(error, 'errcode') === SQLITE_BUSY) return undefined;
      throw error;
    }
    return new FolderLock(() => file.close());
  }

  release(): void {
    this.#release();
  }
}
