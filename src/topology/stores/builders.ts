import { StreamsError } from '../errors.ts';
import type { StoreBuilder } from '../graph/nodes.ts';
import { BufferRows, type BufferStore } from './buffer-store.ts';
import type { StoreContext, StoreSpec } from './bytes.ts';
import { KeyValueRows } from './key-value-store.ts';
import { SegmentedLayout, type SegmentedShape } from './segmented-layout.ts';
import { SegmentedRows } from './segmented-rows.ts';
import { SessionRows } from './session-store.ts';
import { type StoreSerde, StoreSerdes } from './store-serdes.ts';
import { timestampedSerde } from './timestamped-serde.ts';
import type {
  KeyValueStore,
  SessionStore,
  StateStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
  WindowStore,
} from './types.ts';
import { WindowRows } from './window-store.ts';

/** Shorter segments would be many, and save little. */
const LEAST_SEGMENT_MS = 60_000;

export interface StoreOptions {
  /** In LMDB where there is a state directory; else in memory. Default true. */
  readonly persistent?: boolean;
  /** Whether a changelog restores it elsewhere. Default true. */
  readonly logged?: boolean;
}

export interface KeyValueStoreOptions<K, V> extends StoreOptions {
  readonly key: StoreSerde<K>;
  readonly value: StoreSerde<V>;
}

/** A store of rows by key, for `addStateStore`. */
export function keyValueStore<K, V>(
  name: string,
  options: KeyValueStoreOptions<K, V>,
): StoreBuilder<KeyValueStore<K, V>> {
  return keyValueBuilder('a key-value store', name, options);
}

/** A store of rows by key, each with the timestamp of the record that set it, ms. */
export function timestampedKeyValueStore<K, V>(
  name: string,
  options: KeyValueStoreOptions<K, V>,
): StoreBuilder<TimestampedKeyValueStore<K, V>> {
  const value = timestampedSerde(options.value);
  return keyValueBuilder<K, ValueAndTimestamp<V>>('a timestamped key-value store', name, {
    ...options,
    value,
  });
}

export interface WindowStoreOptions<K, V> extends KeyValueStoreOptions<K, V> {
  readonly windowSizeMs: number;
  /** At least `windowSizeMs`; for aggregations also the grace period. */
  readonly retentionMs: number;
  /** Whether several rows may have one key and start, in order of arrival; `null` deletes nothing then. Default false. */
  readonly retainDuplicates?: boolean;
  /** Whether `fetchAll` and `all` go by start, then key. Default false. */
  readonly timeOrdered?: boolean;
}

/** A store of rows by key and window start. Throws STORE_RETENTION_TOO_SHORT where rows would go before their windows end. */
export function windowStore<K, V>(
  name: string,
  options: WindowStoreOptions<K, V>,
): StoreBuilder<WindowStore<K, V>> {
  return windowBuilder('a window store', name, options);
}

/** As `windowStore`, each row with the timestamp of the record that set it, ms. Throws STORE_RETENTION_TOO_SHORT. */
export function timestampedWindowStore<K, V>(
  name: string,
  options: WindowStoreOptions<K, V>,
): StoreBuilder<WindowStore<K, ValueAndTimestamp<V>>> {
  const value = timestampedSerde(options.value);
  return windowBuilder<K, ValueAndTimestamp<V>>('a timestamped window store', name, { ...options, value });
}

export interface SessionStoreOptions<K, V> extends KeyValueStoreOptions<K, V> {
  /** At least the inactivity gap and the grace period. */
  readonly retentionMs: number;
  /** Whether `findSessionsByEnd` is asked often, and `all` goes by end, start and key. Default false. */
  readonly timeOrdered?: boolean;
}

/** A store of rows by key and session. */
export function sessionStore<K, V>(
  name: string,
  options: SessionStoreOptions<K, V>,
): StoreBuilder<SessionStore<K, V>> {
  const serdes = new StoreSerdes(name, options.key, options.value);
  const segmented = segments(options, { withStart: true, numbered: false });
  return {
    ...spec(name, 'session', options),
    ...segmented.spec,
    open: (context) => new SessionRows(serdes, segmented.open(context, false)),
    narrow: (store) => {
      if (store instanceof SessionRows) return store;
      throw otherType(store, 'a session store');
    },
  };
}

/** Raw ordered bytes, for operators that lay out their own rows. */
export function bufferStore(name: string, options: StoreOptions = {}): StoreBuilder<BufferStore> {
  return {
    ...spec(name, 'buffer', options),
    open: ({ bytes }) => new BufferRows(name, bytes),
    narrow: (store) => {
      if (store instanceof BufferRows) return store;
      throw otherType(store, 'a buffer');
    },
  };
}

function keyValueBuilder<K, V>(
  type: string,
  name: string,
  options: KeyValueStoreOptions<K, V>,
): StoreBuilder<KeyValueStore<K, V>> {
  const serdes = new StoreSerdes(name, options.key, options.value);
  return {
    ...spec(name, 'key-value', options),
    open: ({ bytes }) => new KeyValueRows(type, serdes, bytes),
    narrow: (store) => {
      if (store instanceof KeyValueRows && store.type === type) return store;
      throw otherType(store, type);
    },
  };
}

function windowBuilder<K, V>(
  type: string,
  name: string,
  options: WindowStoreOptions<K, V>,
): StoreBuilder<WindowStore<K, V>> {
  const { windowSizeMs, retentionMs, retainDuplicates = false, timeOrdered = false } = options;
  if (windowSizeMs > retentionMs) {
    throw new StreamsError(
      'STORE_RETENTION_TOO_SHORT',
      'fail',
      `the window store "${name}" keeps rows for ${retentionMs} ms, less than its windows of ${windowSizeMs} ms last; raise its retentionMs to the windows' size and grace`,
    );
  }
  const serdes = new StoreSerdes(name, options.key, options.value);
  const segmented = segments(options, { withStart: false, numbered: retainDuplicates });
  return {
    ...spec(name, 'window', options),
    ...segmented.spec,
    open: (context) => {
      const rows = segmented.open(context, timeOrdered);
      return new WindowRows(serdes, rows, { type, windowSizeMs, retainDuplicates });
    },
    narrow: (store) => {
      if (store instanceof WindowRows && store.type === type) return store;
      throw otherType(store, type);
    },
  };
}

/** Segments as Kafka's RocksDB stores have them: two or three are alive at a time. */
function segments(
  { retentionMs, timeOrdered = false }: { readonly retentionMs: number; readonly timeOrdered?: boolean },
  shape: Pick<SegmentedShape, 'withStart' | 'numbered'>,
) {
  const segmentMs = Math.max(Math.trunc(retentionMs / 2), LEAST_SEGMENT_MS);
  const layout = new SegmentedLayout({ ...shape, segmentMs, byTime: timeOrdered });
  return {
    spec: { retentionMs, layout: layout.name, changelog: layout },
    open: (context: StoreContext, readsLastMs: boolean) =>
      new SegmentedRows(context, { layout, retentionMs, byTime: timeOrdered, readsLastMs }),
  };
}

function spec<Kind extends StoreSpec['kind']>(name: string, kind: Kind, options: StoreOptions) {
  return { name, kind, persistent: options.persistent ?? true, logged: options.logged ?? true };
}

function otherType(store: StateStore, wanted: string): StreamsError {
  const given = 'type' in store && typeof store.type === 'string' ? store.type : 'another kind of store';
  return new StreamsError(
    'STORE_TYPE',
    'fail',
    `the store "${store.name}" is ${given}, but it was asked for as ${wanted}; use the builder that made it`,
  );
}
