import type { Place } from './segmented-layout.ts';
import type { SegmentedRows } from './segmented-rows.ts';
import type { StoreSerdes } from './store-serdes.ts';
import { MAX_TIME_MS } from './times.ts';
import type { KeyValue, SessionStore, Window, Windowed } from './types.ts';

/** Rows by key and session. */
export class SessionRows<K, V> implements SessionStore<K, V> {
  readonly name: string;
  readonly type = 'a session store';
  readonly #serdes: StoreSerdes<K, V>;
  readonly #rows: SegmentedRows;

  constructor(serdes: StoreSerdes<K, V>, rows: SegmentedRows) {
    this.name = serdes.store;
    this.#serdes = serdes;
    this.#rows = rows;
  }

  put({ key, window }: Windowed<K>, value: V | null): void {
    const bytes = this.#serdes.keyBytes(key);
    this.#rows.put(bytes, window.endMs, window.startMs, this.#serdes.valueBytes(value));
  }

  remove(session: Windowed<K>): void {
    this.put(session, null);
  }

  fetchSession(key: K, window: Window): V | null {
    return this.#serdes.valueOrNull(this.#rows.get(this.#serdes.keyBytes(key), window.endMs, window.startMs));
  }

  *findSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): Generator<KeyValue<Windowed<K>, V>, void> {
    for (const [place, value] of this.#rows.ofKey(this.#serdes.keyBytes(key), earliestEndMs, MAX_TIME_MS)) {
      if (place.startMs <= latestStartMs)
        yield { key: windowed(key, place), value: this.#serdes.value(value) };
    }
  }

  findSessionsByEnd(earliestEndMs: number, latestEndMs: number): Generator<KeyValue<Windowed<K>, V>, void> {
    return this.#placed(this.#rows.stored(earliestEndMs, latestEndMs));
  }

  fetch(key: K): Generator<KeyValue<Windowed<K>, V>, void> {
    return this.findSessions(key, 0, MAX_TIME_MS);
  }

  all(): Generator<KeyValue<Windowed<K>, V>, void> {
    return this.#placed(this.#rows.ofAll(0, MAX_TIME_MS));
  }

  *#placed(rows: Iterable<readonly [Place, Buffer]>): Generator<KeyValue<Windowed<K>, V>, void> {
    for (const [place, value] of rows) {
      yield { key: windowed(this.#serdes.key(place.key), place), value: this.#serdes.value(value) };
    }
  }
}

function windowed<K>(key: K, { timeMs, startMs }: Place): Windowed<K> {
  return { key, window: { startMs, endMs: timeMs } };
}
