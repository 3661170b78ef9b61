import { StreamsError } from '../errors.ts';
import type { StoreBuilder } from '../graph/nodes.ts';
import { BufferRows, type BufferStore } from './buffer-store.ts';
import type { StoreSpec } from './bytes.ts';
import { KeyValueRows } from './key-value-store.ts';
import { type StoreSerde, StoreSerdes } from './store-serdes.ts';
import { timestampedSerde } from './timestamped-serde.ts';
import type { KeyValueStore, StateStore, TimestampedKeyValueStore, ValueAndTimestamp } from './types.ts';

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

export function keyValueStore<K, V>(
  name: string,
  options: KeyValueStoreOptions<K, V>,
): StoreBuilder<KeyValueStore<K, V>> {
  return keyValueBuilder('a key-value store', name, options);
}

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
