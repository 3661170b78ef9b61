import type { Database } from 'lmdb';
import type { OrderedBytes } from './bytes.ts';

type Row = readonly [key: Buffer, value: Buffer];

export type RowsDatabase = Database<Buffer, Buffer>;

/** Rows read at once: a single key's windows in one go, long ranges in few. */
const FIRST_ROWS = 16;
const MOST_ROWS = 512;

/** The first byte of every key, since LMDB takes no empty one. */
const KEY = 1;
const END = 2;

/** Stands above every key. */
const ABOVE_ALL = Buffer.from([]);
const FIRST = Buffer.alloc(0);

export const MAX_KEY_BYTES = 1977;

const keyEncoder = {
  writeKey(key: Buffer, target: Buffer, start: number): number {
    target[start] = key === ABOVE_ALL ? END : KEY;
    target.set(key, start + 1);
    return start + 1 + key.length;
  },
  readKey(source: Buffer, start: number, end: number): Buffer {
    return Buffer.from(source.subarray(start + 1, end));
  },
};

/** How databases of rows are opened. */
export const rowsEncoding = { encoding: 'binary', keyEncoder } as const;

/** A bound as LMDB takes it. The longest key that it begins with lies before a bound that was cut, and none is between them. */
function cut(bound: Buffer): { readonly key: Buffer; readonly wasCut: boolean } {
  const wasCut = bound.length > MAX_KEY_BYTES;
  return { key: wasCut ? bound.subarray(0, MAX_KEY_BYTES) : bound, wasCut };
}

/** The committed rows of one store. Rows below the floor are dropped, if some still lie there. */
export class LmdbRows implements OrderedBytes {
  readonly maxKeyBytes = MAX_KEY_BYTES;
  readonly database: RowsDatabase;
  #floor: Buffer;
  /** Whether dropped rows may still lie below the floor. */
  #swept: boolean;
  /** Counts what was applied: rows read ahead are read again. */
  #generation = 0;

  constructor(database: RowsDatabase, floor: Buffer | undefined) {
    this.database = database;
    this.#floor = floor ?? FIRST;
    this.#swept = floor === undefined;
  }

  get(key: Buffer): Buffer | null {
    if (key.length > MAX_KEY_BYTES || this.#isDropped(key)) return null;
    const shared = this.database.getBinaryFast(key);
    if (shared === undefined) return null;
    const value = Buffer.allocUnsafe(shared.length);
    shared.copy(value, 0, 0, shared.length);
    return value;
  }

  *range(from: Buffer | null, to: Buffer | null, reverse = false): Generator<Row, void> {
    let last: Buffer | undefined;
    let limit = FIRST_ROWS;
    for (;;) {
      const generation = this.#generation;
      const rows = this.#read(from, to, reverse, last, limit);
      for (const row of rows) {
        if (generation !== this.#generation) break;
        last = row[0];
        yield row;
      }
      if (generation === this.#generation && rows.length < limit) return;
      limit = Math.min(2 * limit, MOST_ROWS);
    }
  }

  /** Within a transaction. */
  put(key: Buffer, value: Buffer | null): void {
    if (this.#isDropped(key)) return;
    if (value === null) this.database.removeSync(key);
    else this.database.putSync(key, value);
  }

  get floor(): Buffer {
    return this.#floor;
  }

  /** Whether dropping below that key drops more than before. */
  raisesFloor(key: Buffer): boolean {
    return Buffer.compare(key, this.#floor) > 0;
  }

  dropBelow(key: Buffer): void {
    if (!this.raisesFloor(key)) return;
    this.#floor = key;
    this.#swept = false;
  }

  /** Removes some dropped rows, within a transaction. */
  sweep(maxRows: number): void {
    if (this.#swept) return;
    const keys = [...this.database.getKeys({ start: FIRST, end: cut(this.#floor).key, limit: maxRows })];
    for (const key of keys) this.database.removeSync(key);
    this.#swept = keys.length < maxRows;
  }

  /** After a transaction. */
  applied(): void {
    this.#generation += 1;
  }

  /** Within a transaction. */
  clear(): void {
    this.database.clearSync();
    this.#floor = FIRST;
    this.#swept = true;
  }

  #isDropped(key: Buffer): boolean {
    return this.#floor.length > 0 && Buffer.compare(key, this.#floor) < 0;
  }

  #read(
    from: Buffer | null,
    to: Buffer | null,
    reverse: boolean,
    last: Buffer | undefined,
    limit: number,
  ): Row[] {
    const low = from !== null && Buffer.compare(from, this.#floor) > 0 ? from : this.#floor;
    const lower = cut(low);
    const upper = cut(to ?? ABOVE_ALL);
    const options = reverse
      ? {
          start: last ?? upper.key,
          exclusiveStart: last !== undefined || !upper.wasCut,
          end: lower.key,
          inclusiveEnd: !lower.wasCut,
          reverse,
          limit,
        }
      : {
          start: last ?? lower.key,
          exclusiveStart: last !== undefined || lower.wasCut,
          end: upper.key,
          inclusiveEnd: upper.wasCut,
          limit,
        };
    const rows: Row[] = [];
    for (const { key, value } of this.database.getRange(options)) rows.push([key, value]);
    return rows;
  }
}
