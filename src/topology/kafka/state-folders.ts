import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StreamsError } from '../errors.ts';
import { FolderLock } from './folder-lock.ts';
import type { Logger } from './settings.ts';

/** Parts a task's name from what makes a second folder of it unique; no task's name holds it. */
const SIBLING_MARK = '~';
const MAX_NAME_LENGTH = 120;

/** A task's folder, held until it is released. */
export interface HeldFolder {
  readonly path: string;
  release(): void;
}

/** A folder that is there, and whether somebody holds it now. */
export interface FoundFolder {
  readonly path: string;
  readonly held: boolean;
}

/** A name that every file system takes, different for different names. */
export function folderName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._+-]/g, '_');
  if (safe === name && safe.length <= MAX_NAME_LENGTH && !safe.startsWith('.')) return safe;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${safe.replace(/^\.+/, '').slice(0, MAX_NAME_LENGTH - 13)}-${hash}`;
}

/** Where the tasks of one application keep their state on this machine: `<stateDir>/<application id>/<task>`. */
export class StateFolders {
  readonly #root: string;
  readonly #logger: Logger;

  constructor(stateDir: string, applicationId: string, logger: Logger) {
    this.#root = join(stateDir, folderName(applicationId));
    this.#logger = logger;
  }

  /**
   * The task's folder. Where somebody else holds it (a process that was stopped and is no member any more, say), nobody waits:
   * a fresh one beside it is used, and restored into.
   */
  claim(task: string): HeldFolder {
    const name = folderName(task);
    for (const candidate of [name, `${name}${SIBLING_MARK}${randomUUID().slice(0, 8)}`]) {
      const path = join(this.#root, candidate);
      mkdirSync(path, { recursive: true });
      const lock = FolderLock.tryAcquire(path);
      if (lock) return { path, release: () => lock.release() };
      this.#logger.warn({ task, folder: path }, 'the state folder is held by another; a fresh one is used');
    }
    throw new Error(`the fresh state folder of task ${task} is held already`);
  }

  /** Those of the tasks that have a folder here. */
  present(tasks: readonly string[]): string[] {
    if (!existsSync(this.#root)) return [];
    const names = new Set(readdirSync(this.#root));
    return tasks.filter((task) => names.has(folderName(task)));
  }

  /** Every folder of the application, second ones too. */
  found(): FoundFolder[] {
    return this.#paths().map((path) => {
      const lock = FolderLock.tryAcquire(path);
      lock?.release();
      return { path, held: lock === undefined };
    });
  }

  /** Removes all of them. Throws STATE_DIR_HELD naming the first that somebody holds. */
  removeAll(): void {
    for (const path of this.#paths()) {
      if (this.#remove(path)) continue;
      throw new StreamsError(
        'STATE_DIR_HELD',
        'fail',
        `${path} is held by a process of this machine. What to do: stop it, and try again`,
      );
    }
  }

  /** Removes the folders that belong to none of these tasks, or were a second one, unless somebody holds them. */
  sweep(tasks: readonly string[]): void {
    const keep = new Set(tasks.map(folderName));
    for (const path of this.#paths()) {
      if (!keep.has(basename(path)) && this.#remove(path))
        this.#logger.info({ folder: path }, 'removed a state folder that nobody uses');
    }
  }

  #paths(): string[] {
    if (!existsSync(this.#root)) return [];
    return readdirSync(this.#root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(this.#root, name));
  }

  /** False: somebody holds it. */
  #remove(path: string): boolean {
    const lock = FolderLock.tryAcquire(path);
    if (!lock) return false;
    rmSync(path, { recursive: true, force: true });
    lock.release();
    return true;
  }
}
