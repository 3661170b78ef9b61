import type { StateStore } from './types.ts';

/** Rows of bytes, ordered by the bytes of their keys. */
export interface OrderedBytes {
  /** Rows with lower keys were dropped, and new ones are not taken; absent: none were. */
  readonly floor?: Buffer;
  /** Keys may be this long; without it, of whatever length. */
  readonly maxKeyBytes?: number;
  get(key: Buffer): Buffer | null;
  /** From `from`, inclusive, to `to`, exclusive; `null` is open. The rows are those of the moment of each step. */
  range(
    from: Buffer | null,
    to: Buffer | null,
    reverse?: boolean,
  ): Iterable<readonly [key: Buffer, value: Buffer]>;
}

export interface MutableBytes extends OrderedBytes {
  /** How often writes were taken back, as those of a record that failed: what was derived of rows before is stale. Absent: never. */
  readonly takenBack?: number;
  /** `null` deletes. The store keeps the buffers: they must not change afterwards. */
  put(key: Buffer, value: Buffer | null): void;
  /** Removes all rows below `key`, for good: writing there does nothing from now on. Costs no more than a put. */
  dropBelow(key: Buffer): void;
}

/** One write to one store, in the order in which writes happened. */
export interface StoreWrite {
  readonly store: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
  /** Time of the record in turn, ms since the epoch. */
  readonly timestamp: number;
  /**
   * All rows below `key` have expired and are removed for good; `value` is null. Not for the changelog: its retention
   * removes them there.
   */
  readonly dropsBelow?: boolean;
}

/**
 * How rows lie in the changelog where that is not as they are stored: without what depends on settings (segments) or can be
 * derived (indexes), so that a changed retention reads an old changelog.
 */
export interface ChangelogLayout {
  /** The changelog's key of a stored row; null: the row is derived and not logged. */
  toChangelog(key: Buffer): Buffer | null;
  /** The stored rows that a changelog record stands for; `null` values delete. */
  fromChangelog(key: Buffer, value: Buffer | null): readonly (readonly [key: Buffer, value: Buffer | null])[];
}

/**
 * What a task's stores keep once it is committed: in memory, or in LMDB. One for each task; `apply` is atomic over all of
 * its stores.
 */
export interface TaskStorage {
  /** The committed rows of a store. */
  rows(store: string): OrderedBytes;
  /**
   * Takes over committed writes, and per store the changelog offset that the next missing record has. All or nothing.
   */
  apply(writes: readonly StoreWrite[], positions: ReadonlyMap<string, number>): void;
  /** The changelog offset from which a store misses records; undefined: everything. */
  position(store: string): number | undefined;
  /** Forgets the rows and position of a store. */
  wipe(store: string): void;
  close(): void;
}

/** The highest time that something has seen, kept with the committed offsets, so that a takeover does not lose it. */
export interface StreamClock {
  /** Ms since the epoch; -1 before the first. */
  readonly timeMs: number;
  /** Never goes back. */
  advance(timeMs: number): void;
}

/** What a typed store is opened on. */
export interface StoreContext {
  /** The rows with everything that was put and is not committed yet. */
  readonly bytes: MutableBytes;
  /** Named for this store. */
  readonly clock: StreamClock;
}

/** A store of the topology, before any task has opened it. */
export interface StoreSpec {
  readonly name: string;
  readonly kind: 'key-value' | 'window' | 'session' | 'buffer';
  /** In LMDB where there is a state directory; else in memory. */
  readonly persistent: boolean;
  /** Whether a changelog topic (`<name>-changelog`) restores it elsewhere. */
  readonly logged: boolean;
  /** Windows and sessions: how long rows are kept beyond the newest, ms. */
  readonly retentionMs?: number;
  /** Names how rows are stored. What a storage keeps in another layout is wiped and restored. Default: as in the changelog. */
  readonly layout?: string;
  /** Default: rows lie in the changelog as they are stored. */
  readonly changelog?: ChangelogLayout;
  /** Makes the typed store of one task. */
  open(context: StoreContext): StateStore;
}
