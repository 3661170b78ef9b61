import type { OrderedBytes, StoreWrite, TaskStorage } from './bytes.ts';
import { nextPair, sortedMap, type TextRange, textOf, textRange } from './sorted-map.ts';

type Row = readonly [key: Buffer, value: Buffer];

/** A value as it is kept: nothing else lives as long as it. */
type Kept = string | Buffer;

/** Up to so many bytes a text takes less than a buffer of its own, and half of Node's pool gives parts to buffers. */
const SHORT_BYTES = 4 * 1024;

/** Expired rows that one `apply` removes per store, at least, so that a whole segment never stops the task. */
const SWEPT_ROWS = 1000;

/** Buffers are often parts: of the pool that short ones share, or of an answer with a thousand rows. A copy holds nothing else. */
function kept(value: Buffer): Kept {
  if (value.length <= SHORT_BYTES) return textOf(value);
  if (value.length === value.buffer.byteLength) return value;
  const own = Buffer.allocUnsafeSlow(value.length);
  value.copy(own);
  return own;
}

const bytesOf = (value: Kept): Buffer => (typeof value === 'string' ? Buffer.from(value, 'latin1') : value);

class MemoryRows implements OrderedBytes {
  readonly #rows = sortedMap<Kept>();
  #floor = '';

  get floor(): Buffer {
    return Buffer.from(this.#floor, 'latin1');
  }

  get(key: Buffer): Buffer | null {
    const text = textOf(key);
    const value = text < this.#floor ? undefined : this.#rows.get(text);
    return value === undefined ? null : bytesOf(value);
  }

  *range(from: Buffer | null, to: Buffer | null, reverse = false): Generator<Row, void> {
    const range = textRange(from, to, reverse);
    let last: string | null = null;
    for (;;) {
      const low: string = range.from !== null && range.from > this.#floor ? range.from : this.#floor;
      const pair: [string, Kept] | undefined = nextPair(this.#rows, { ...range, from: low }, last);
      if (pair === undefined) return;
      last = pair[0];
      yield [bytesOf(last), bytesOf(pair[1])];
    }
  }

  put(key: Buffer, value: Buffer | null): void {
    const text = textOf(key);
    if (text < this.#floor) return;
    if (value === null) this.#rows.delete(text);
    else this.#rows.set(text, kept(value));
  }

  dropBelow(key: Buffer): void {
    const floor = textOf(key);
    if (floor > this.#floor) this.#floor = floor;
  }

  clear(): void {
    this.#rows.clear();
    this.#floor = '';
  }

  sweep(maxRows: number): void {
    if (this.#floor === '') return;
    const expired: TextRange = { from: null, to: this.#floor, reverse: false };
    for (let swept = 0; swept < maxRows; swept += 1) {
      const pair = nextPair(this.#rows, expired, null);
      if (pair === undefined) return;
      this.#rows.delete(pair[0]);
    }
  }
}

/** Rows that live as long as the process: the changelog restores them. */
export class MemoryStorage implements TaskStorage {
  readonly #stores = new Map<string, MemoryRows>();
  readonly #positions = new Map<string, number>();

  rows(store: string): OrderedBytes {
    return this.#rows(store);
  }

  apply(writes: readonly StoreWrite[], positions: ReadonlyMap<string, number>): void {
    for (const { store, key, value, dropsBelow } of writes) {
      if (dropsBelow) this.#rows(store).dropBelow(key);
      else this.#rows(store).put(key, value);
    }
    for (const [store, position] of positions) this.#positions.set(store, position);
    for (const rows of this.#stores.values()) rows.sweep(Math.max(SWEPT_ROWS, 2 * writes.length));
  }

  position(store: string): number | undefined {
    return this.#positions.get(store);
  }

  wipe(store: string): void {
    this.#rows(store).clear();
    this.#positions.delete(store);
  }

  close(): void {
    this.#stores.clear();
    this.#positions.clear();
  }

  #rows(store: string): MemoryRows {
    let rows = this.#stores.get(store);
    if (rows === undefined) {
      rows = new MemoryRows();
      this.#stores.set(store, rows);
    }
    return rows;
  }
}
