import {
  accessSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamsError } from '../../topology/errors.ts';
import { firstLine } from '../refusal.ts';

/** Slots keep their files between images: pages that exist cost a sixth of new ones. Larger files are cut to this. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Folders of processes that cannot be asked whether they live (another container's) go after this long. */
const FOREIGN_MAX_AGE_MS = 24 * 60 * 60 * 1000;
const FOLDER = /^darkroom-(\d+)-(\w+)-(\w+)-\d+$/;

let created = 0;

/** A pair of files through which one image at a time goes to a worker and its renditions come back. */
export interface Slot {
  readonly inputPath: string;
  readonly outputPath: string;
  /** Puts the image's bytes where the worker reads them. */
  write(bytes: Buffer): void;
  /** The first `length` bytes that the worker left. */
  read(length: number): Buffer;
  /** Forgets what the files hold, as far as it is large. */
  trim(): void;
  close(): void;
}

/** A private folder in memory where the machine has one, else in the temporary folder. */
export interface Scratch {
  readonly folder: string;
  slot(): Slot;
  /** Removes the folder with all in it. */
  remove(): void;
}

/**
 * Makes a scratch folder below `base`, by default the machine's memory where that has `neededBytes` free, and removes
 * those that dead processes left there.
 */
export function createScratch(neededBytes: number, base: string = defaultBase(neededBytes)): Scratch {
  removeLeftovers(base);
  const folder = join(base, `darkroom-${process.pid}-${startOf(process.pid)}-${pidNamespace()}-${created++}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let slots = 0;
  return {
    folder,
    slot: () => openSlot(join(folder, String(slots++))),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * tmpfs: a write is a copy in memory, and the worker's read another; nothing touches a disk. A container's own has 64 MiB
 * unless it is given more (`--shm-size`).
 */
function defaultBase(neededBytes: number): string {
  const memory = '/dev/shm';
  try {
    accessSync(memory, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize >= neededBytes) return memory;
  } catch {
    // no such thing on this machine
  }
  return tmpdir();
}

function openSlot(path: string): Slot {
  const inputPath = `${path}.in`;
  const outputPath = `${path}.out`;
  const input = openSync(inputPath, 'w+', 0o600);
  const output = openSync(outputPath, 'w+', 0o600);
  const sizes = new Map([
    [input, 0],
    [output, 0],
  ]);
  return {
    inputPath,
    outputPath,
    // Synchronous on purpose: these are copies in memory of a tenth of a millisecond, a thread's turn costs more.
    write: (bytes) => {
      sizes.set(input, bytes.length);
      try {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(input, bytes, done, bytes.length - done, done);
        }
      } catch (error) {
        throw scratchUnavailable(inputPath, firstLine(error));
      }
    },
    read: (length) => {
      sizes.set(output, length);
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const got = readSync(output, bytes, done, length - done, done);
        if (got === 0) throw new Error(`the worker left ${done} bytes where it said ${length}`);
        done += got;
      }
      return bytes;
    },
    trim: () => {
      for (const [file, size] of sizes) {
        if (size > KEPT_BYTES) ftruncateSync(file, KEPT_BYTES);
      }
    },
    close: () => {
      for (const file of [input, output]) closeSync(file);
      for (const name of [inputPath, outputPath]) rmSync(name, { force: true });
    },
  };
}

/** The way to the workers is blocked (full, or taken away): the image can go when there is room again. */
export function scratchUnavailable(path: string, why: string): StreamsError {
  return new StreamsError(
    'SCRATCH_UNAVAILABLE',
    'retry',
    `the scratch file ${path} cannot be used (${why}); give the folder more room (a container: --shm-size) or name another`,
  );
}

function removeLeftovers(base: string): void {
  for (const name of readdirSync(base, { withFileTypes: true })) {
    const [, pid, start, namespace] = FOLDER.exec(name.name) ?? [];
    if (!name.isDirectory() || !pid) continue;
    const path = join(base, name.name);
    const dead = namespace === pidNamespace() ? startOf(Number(pid)) !== start : isOld(path);
    if (dead) rmSync(path, { recursive: true, force: true });
  }
}

function isOld(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > FOREIGN_MAX_AGE_MS;
}

/** When a process started, in its system's own count: with the id it names one process for good. `gone` when dead. */
function startOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 'gone';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Process ids mean something within one namespace only; containers may share a folder without sharing that. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 'host';
  } catch {
    return 'host';
  }
}
