import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Says since when the rows beside it have not been forced to disk. */
const MARK_FILE = 'stop';
const CLEAN = 'clean';

/** Differs with each start of the machine; undefined where the system does not say. */
export function bootId(): string | undefined {
  const file = '/proc/sys/kernel/random/boot_id';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/**
 * Whether the files of a folder can be trusted that were written without waiting for the disk: if they were closed (and
 * forced to disk then), or if the machine has not stopped since, whatever became of the process.
 */
export function wasStoppedCleanly(folder: string, boot: string | undefined): boolean {
  const mark = join(folder, MARK_FILE);
  if (!existsSync(mark)) return false;
  const state = readFileSync(mark, 'utf8');
  return state === CLEAN || state === boot;
}

/** From now on the folder's files are trusted only until the machine stops. Is on disk before it returns. */
export function markOpened(folder: string, boot: string): void {
  writeMark(folder, boot);
}

/** Forces a file to disk, and from now on the folder is trusted. */
export function markClosed(folder: string, file: string): void {
  const descriptor = openSync(join(folder, file), 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  writeMark(folder, CLEAN);
}

function writeMark(folder: string, state: string): void {
  const descriptor = openSync(join(folder, MARK_FILE), 'w');
  writeSync(descriptor, state);
  fsyncSync(descriptor);
  closeSync(descriptor);
}
