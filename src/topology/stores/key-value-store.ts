import type { MutableBytes } from './bytes.ts';
import type { StoreSerdes } from './store-serdes.ts';
import type { KeyValue, KeyValueStore } from './types.ts';

const AFTER = Buffer.from([0]);

/** Rows under their serialized keys. */
export class KeyValueRows<K, V> implements KeyValueStore<K, V> {
  readonly name: string;
  /** What it was built as. */
  readonly type: string;
  readonly #serdes: StoreSerdes<K, V>;
  readonly #bytes: MutableBytes;

  constructor(type: string, serdes: StoreSerdes<K, V>, bytes: MutableBytes) {
    this.name = serdes.store;
    this.type = type;
    this.#serdes = serdes;
    this.#bytes = bytes;
  }

  get(key: K): V | null {
    return this.#serdes.valueOrNull(this.#bytes.get(this.#serdes.keyBytes(key)));
  }

  put(key: K, value: V | null): void {
    this.#bytes.put(this.#serdes.keyBytes(key), this.#serdes.valueBytes(value));
  }

  putIfAbsent(key: K, value: V): V | null {
    const bytes = this.#serdes.keyBytes(key);
    const old = this.#bytes.get(bytes);
    if (old === null) this.#bytes.put(bytes, this.#serdes.valueBytes(value));
    return this.#serdes.valueOrNull(old);
  }

  delete(key: K): V | null {
    const bytes = this.#serdes.keyBytes(key);
    const old = this.#bytes.get(bytes);
    if (old !== null) this.#bytes.put(bytes, null);
    return this.#serdes.valueOrNull(old);
  }

  range(from: K | null, to: K | null): Iterable<KeyValue<K, V>> {
    return this.#rows(from, to, false);
  }

  reverseRange(from: K | null, to: K | null): Iterable<KeyValue<K, V>> {
    return this.#rows(from, to, true);
  }

  all(): Iterable<KeyValue<K, V>> {
    return this.#rows(null, null, false);
  }

  *#rows(from: K | null, to: K | null, reverse: boolean): Generator<KeyValue<K, V>, void> {
    const low = from === null ? null : this.#serdes.keyBytes(from);
    const high = to === null ? null : Buffer.concat([this.#serdes.keyBytes(to), AFTER]);
    for (const [key, value] of this.#bytes.range(low, high, reverse)) {
      yield { key: this.#serdes.key(key), value: this.#serdes.value(value) };
    }
  }
}
