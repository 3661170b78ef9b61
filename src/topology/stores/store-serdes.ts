import { StreamsError } from '../errors.ts';
import type { Deserializer, Serializer } from '../serde.ts';

/** Writes `T`s and gives back what it was given; it may know more than `T`s (`stringSerde` also null). */
export interface StoreSerde<T> {
  readonly serialize: Serializer<T>;
  readonly deserialize: Deserializer<unknown>;
}

/** The serdes of one store, called with its changelog's name as the topic. */
export class StoreSerdes<K, V> {
  readonly store: string;
  readonly #topic: string;
  readonly #key: StoreSerde<K>;
  readonly #value: StoreSerde<V>;

  constructor(store: string, key: StoreSerde<K>, value: StoreSerde<V>) {
    this.store = store;
    this.#topic = `${store}-changelog`;
    this.#key = key;
    this.#value = value;
  }

  /** Throws STORE_KEY_NULL when the key has no bytes. */
  keyBytes(key: K): Buffer {
    const bytes = this.#key.serialize(this.#topic, key);
    if (bytes !== null) return bytes;
    throw new StreamsError(
      'STORE_KEY_NULL',
      'fail',
      `the store "${this.store}" was given a null key, which names no row; leave such records out before they reach the store`,
    );
  }

  /** null: no row. */
  valueBytes(value: V | null): Buffer | null {
    return value === null ? null : this.#value.serialize(this.#topic, value);
  }

  // What lies in a store was written by these serdes, and a serde gives back what it was given.

  key(bytes: Buffer): K {
    return this.#key.deserialize(this.#topic, bytes) as K;
  }

  value(bytes: Buffer): V {
    return this.#value.deserialize(this.#topic, bytes) as V;
  }

  valueOrNull(bytes: Buffer | null): V | null {
    return bytes === null ? null : this.value(bytes);
  }
}
