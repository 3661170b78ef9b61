import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mebibytes, printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { nodeProgram, Subject } from './subject.ts';

const PARTITIONS = 8;
const RECORD_BYTES = 250;
const COMMIT_INTERVAL_MS = 100;
const WITHIN_MS = 600_000;
const POLL_MS = 25;

export interface RestoreOptions {
  /** Rows of the table, each with a key of its own. */
  readonly keys: number;
}

/** One life of the process. */
interface Life {
  readonly what: string;
  /** From its start to the moment at which all tasks run, ms. */
  readonly readyMs: number;
  /** From its start to the moment at which a record sent after it was ready is committed, ms. */
  readonly committedMs: number;
  /** Changelog records that were read before that. */
  readonly restored: number;
  readonly peakBytes: number;
}

/**
 * A table of many keys in LMDB, exactly once: what loading it takes, how soon a process that was killed in the middle of
 * writing goes on, and how fast the changelog restores it where the folder is lost.
 */
export async function benchRestore(lab: Lab, { keys }: RestoreOptions): Promise<object> {
  const input = await lab.topic('restore-in', PARTITIONS);
  await lab.feed(input, PARTITIONS, rows(0, keys));
  let fed = keys;
  const applicationId = `${input}-app`;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  const start = () =>
    new Subject(nodeProgram('peers/engine.ts'), {
      BROKERS: lab.stack.addresses.kafka,
      APPLICATION_ID: applicationId,
      TOPIC_IN: input,
      TOPIC_OUT: input,
      MODE: 'table',
      GUARANTEE: 'exactly_once',
      COMMIT_INTERVAL_MS: String(COMMIT_INTERVAL_MS),
      STATE_FOLDER: folder,
    });
  const until = async (subject: Subject, records: number): Promise<void> => {
    const deadlineMs = performance.now() + WITHIN_MS;
    while ((await lab.committed(applicationId, input)) < records) {
      subject.requireRunning();
      if (performance.now() > deadlineMs) throw new Error(`${records} records were not committed in time`);
      await delay(POLL_MS);
    }
  };
  const feed = async (records: number): Promise<void> => {
    await lab.feed(input, PARTITIONS, rows(fed, fed + records));
    fed += records;
  };
  let subject = start();
  const live = async (what: string): Promise<Life> => {
    const startedMs = performance.now();
    await subject.until('ready', 1, WITHIN_MS);
    const readyMs = performance.now() - startedMs;
    const restored = Number(subject.lines.find(({ msg }) => msg === 'ready')?.restored);
    await feed(PARTITIONS);
    await until(subject, fed);
    const committedMs = performance.now() - startedMs;
    return { what, readyMs, committedMs, restored, peakBytes: subject.peakBytes() };
  };
  try {
    await subject.until('ready', 1, WITHIN_MS);
    const startedMs = performance.now();
    await until(subject, Math.floor(keys * 0.9));
    const seconds = (performance.now() - startedMs) / 1000;
    const loaded = { recordsPerSecond: (keys * 0.9) / seconds, peakBytes: subject.peakBytes() };
    await subject.kill(); // with a tenth of the rows still to write
    subject = start();
    const killed = await live('after SIGKILL while it wrote, folder there');
    await subject.end();
    const diskBytes = await sizeOf(folder);
    subject = start();
    const warm = await live('after SIGTERM, folder there');
    await subject.end();
    await rm(folder, { recursive: true, force: true });
    subject = start();
    const cold = await live('after SIGTERM, folder lost');
    const restoredPerSecond = cold.restored / ((cold.readyMs - warm.readyMs) / 1000);
    const lives = [killed, warm, cold];
    printTable(
      `a table of ${keys} keys in LMDB, ${RECORD_BYTES} bytes a row, ${PARTITIONS} partitions, exactly once`,
      [
        {
          'loaded, records/s': Math.round(loaded.recordsPerSecond),
          'peak RSS MiB': mebibytes(loaded.peakBytes),
          'on disk MiB': mebibytes(diskBytes),
          'restored, rows/s': Math.round(restoredPerSecond),
        },
      ],
    );
    printTable(
      'time to resume (a killed member is missed for a session of 10 s)',
      lives.map((life) => ({
        what: life.what,
        'rows restored': life.restored,
        'ready s': rounded(life.readyMs / 1000, 2),
        'next record committed s': rounded(life.committedMs / 1000, 2),
        'peak RSS MiB': mebibytes(life.peakBytes),
      })),
    );
    return { keys, loaded, diskBytes, restoredPerSecond, lives };
  } finally {
    await subject.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes that the folder's files occupy: LMDB's are sparse. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).blocks * 512),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function* rows(from: number, to: number): Generator<BenchRecord> {
  for (let index = from; index < to; index++) {
    yield { key: `key-${index}`, value: Buffer.from(`${index}:`.padEnd(RECORD_BYTES, 'x')) };
  }
}
