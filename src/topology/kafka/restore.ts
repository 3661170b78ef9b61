import type { ConsumedRecord } from '../record.ts';
import type { StoreSpec, StoreWrite, TaskStorage } from '../stores/bytes.ts';
import { OffsetGoneError, type PartitionReader } from './partition-reader.ts';

/** An open transaction on the partition, not this task's own, holds up the restore until it ends, or its time is over. */
const BLOCKED_WAIT_MS = 50;

/** How far the restore of one store is; `remaining` counts offsets. */
export interface RestoreProgress {
  readonly store: string;
  readonly partition: number;
  readonly remaining: number;
}

/** A changelog partition as it is when the task is taken over, after its producer has fenced the former owner. */
export interface ChangelogRange {
  readonly topic: string;
  readonly partition: number;
  readonly low: number;
  /** The high watermark: nothing of a former owner comes behind it. */
  readonly high: number;
}

export interface RestoreOptions {
  readonly reader: Pick<PartitionReader, 'fetch'>;
  readonly storage: TaskStorage;
  readonly store: StoreSpec;
  /** Asked at the start, and again when the beginning of the changelog is removed meanwhile. */
  readonly range: () => Promise<ChangelogRange>;
  /** Whether rows that are here may stay although the changelog has gone on: no deletion can have been missed. */
  readonly trustedBehind: boolean;
  /** The store's begin is decided: `behind`, if rows stay that are older than this restore. May be told again. */
  readonly onStart: (behind: boolean) => void;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress, records: number) => void;
}

/** What a changelog's records mean to the rows of its store. */
export function toWrites({ name, changelog }: StoreSpec, records: readonly ConsumedRecord[]): StoreWrite[] {
  return records.flatMap(({ key, value, timestamp }) => {
    if (!key) return [];
    if (!changelog) return [{ store: name, key, value, timestamp }];
    return changelog
      .fromChangelog(key, value)
      .map(([rowKey, rowValue]) => ({ store: name, key: rowKey, value: rowValue, timestamp }));
  });
}

/**
 * Brings a store to the end of its changelog: from its position, or all of it where the rows cannot be of this changelog (past
 * its end, before its beginning) or may have missed a deletion. Each step is kept, so an interrupted restore goes on where it was.
 */
export async function restoreStore(options: RestoreOptions): Promise<void> {
  for (;;) {
    const range = await options.range();
    options.signal.throwIfAborted();
    try {
      return await restoreRange(options, range, startOf(options, range));
    } catch (error) {
      if (!(error instanceof OffsetGoneError)) throw error;
      options.storage.wipe(options.store.name); // the beginning was removed by age while it was read
    }
  }
}

function startOf(options: RestoreOptions, { low, high }: ChangelogRange): number {
  const { storage, store, trustedBehind, onStart } = options;
  const position = storage.position(store.name);
  const stays =
    position !== undefined && position >= low && position <= high && (trustedBehind || position === high);
  if (position !== undefined && !stays) storage.wipe(store.name);
  onStart(stays && position < high);
  return stays ? position : low;
}

async function restoreRange(options: RestoreOptions, range: ChangelogRange, from: number): Promise<void> {
  const { reader, storage, store, signal, onProgress } = options;
  const { topic, partition, high } = range;
  const report = (at: number, records: number) =>
    onProgress({ store: store.name, partition, remaining: Math.max(0, high - at) }, records);
  let at = from;
  report(at, 0);
  while (at < high) {
    const [fetched] = await reader.fetch([{ topic, partition, offset: at }], {
      signal,
      waitMs: BLOCKED_WAIT_MS,
    });
    signal.throwIfAborted();
    const { records, nextOffset } = fetched ?? { records: [], nextOffset: at };
    storage.apply(toWrites(store, records), new Map([[store.name, nextOffset]]));
    at = nextOffset;
    report(at, records.length);
  }
  if (storage.position(store.name) === undefined) storage.apply([], new Map([[store.name, at]]));
}
