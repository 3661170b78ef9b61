import type { SegmentedRows } from './segmented-rows.ts';
import type { StoreSerdes } from './store-serdes.ts';
import { MAX_TIME_MS } from './times.ts';
import type { KeyValue, Windowed, WindowStore } from './types.ts';

export interface WindowRowsOptions {
  /** What it was built as. */
  readonly type: string;
  readonly windowSizeMs: number;
  /** Whether each put keeps its own row. */
  readonly retainDuplicates: boolean;
}

/** Rows by key and window start. */
export class WindowRows<K, V> implements WindowStore<K, V> {
  readonly name: string;
  readonly type: string;
  readonly #serdes: StoreSerdes<K, V>;
  readonly #rows: SegmentedRows;
  readonly #options: WindowRowsOptions;

  constructor(serdes: StoreSerdes<K, V>, rows: SegmentedRows, options: WindowRowsOptions) {
    this.name = serdes.store;
    this.type = options.type;
    this.#serdes = serdes;
    this.#rows = rows;
    this.#options = options;
  }

  put(key: K, value: V | null, startMs: number): void {
    const keyBytes = this.#serdes.keyBytes(key);
    const valueBytes = this.#serdes.valueBytes(value);
    if (!this.#options.retainDuplicates) this.#rows.put(keyBytes, startMs, startMs, valueBytes);
    else if (valueBytes !== null) this.#rows.append(keyBytes, startMs, valueBytes);
  }

  /** Where duplicates are kept, the one that came last. */
  fetch(key: K, startMs: number): V | null {
    const bytes = this.#serdes.keyBytes(key);
    if (!this.#options.retainDuplicates) {
      return this.#serdes.valueOrNull(this.#rows.get(bytes, startMs, startMs));
    }
    let last: Buffer | null = null;
    for (const [, value] of this.#rows.ofKey(bytes, startMs, startMs)) last = value;
    return this.#serdes.valueOrNull(last);
  }

  *fetchRange(key: K, fromMs: number, toMs: number): Generator<KeyValue<Windowed<K>, V>, void> {
    for (const [place, value] of this.#rows.ofKey(this.#serdes.keyBytes(key), fromMs, toMs)) {
      yield { key: this.#windowed(key, place.timeMs), value: this.#serdes.value(value) };
    }
  }

  *fetchAll(fromMs: number, toMs: number): Generator<KeyValue<Windowed<K>, V>, void> {
    for (const [place, value] of this.#rows.ofAll(fromMs, toMs)) {
      yield {
        key: this.#windowed(this.#serdes.key(place.key), place.timeMs),
        value: this.#serdes.value(value),
      };
    }
  }

  all(): Generator<KeyValue<Windowed<K>, V>, void> {
    return this.fetchAll(0, MAX_TIME_MS);
  }

  #windowed(key: K, startMs: number): Windowed<K> {
    return { key, window: { startMs, endMs: startMs + this.#options.windowSizeMs } };
  }
}
