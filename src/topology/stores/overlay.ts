import { StreamsError } from '../errors.ts';
import type { MutableBytes, OrderedBytes } from './bytes.ts';
import { nextPair, type SortedMap, sortedMap, type TextRange, textOf, textRange } from './sorted-map.ts';

interface Entry {
  readonly key: Buffer;
  /** null: deleted, hides the row below. */
  readonly value: Buffer | null;
  readonly sequence: number;
}

type Row = readonly [key: Buffer, value: Buffer];

/** Told of each write. `dropsBelow`: all rows below the key were dropped, see StoreWrite. */
export type OnWrite = (key: Buffer, value: Buffer | null, dropsBelow: boolean) => void;

/** What an entry costs beyond its key and value: texts, objects, a place in the map. An estimate. */
const ENTRY_BYTES = 200;

const AFTER = Buffer.from([0]);

/** A store as its task sees it: what was put and is not committed yet, over the committed rows. */
export class Overlay implements MutableBytes {
  readonly maxKeyBytes: number;
  readonly #base: OrderedBytes;
  readonly #onWrite: OnWrite;
  /** By the key's text, oldest write first. */
  readonly #entries = new Map<string, Entry>();
  /** The same entries by key; only while ranges are asked for, since single look-ups need none. */
  #sorted: SortedMap<Entry> | undefined;
  /** Whether one was asked for since something was last forgotten. */
  #ranged = false;
  #sequence = 0;
  #sizeBytes = 0;
  /** Rows below are gone. */
  #floor = '';
  /** Counts the changes of the base: rows read ahead from it are read again. */
  #generation = 0;

  constructor(base: OrderedBytes, onWrite: OnWrite) {
    this.#base = base;
    this.#onWrite = onWrite;
    this.#floor = base.floor ? textOf(base.floor) : '';
    this.maxKeyBytes = base.maxKeyBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The number of the last write; the first is 1. */
  get sequence(): number {
    return this.#sequence;
  }

  /** What the entries hold, roughly, in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(key: Buffer): Buffer | null {
    const text = textOf(key);
    const entry = this.#entries.get(text);
    if (entry !== undefined) return entry.value;
    return text < this.#floor ? null : this.#base.get(key);
  }

  put(key: Buffer, value: Buffer | null): void {
    if (key.length > this.maxKeyBytes) throw keyTooLong(key, this.maxKeyBytes);
    const text = textOf(key);
    if (text < this.#floor) return;
    const old = this.#entries.get(text);
    if (old !== undefined) {
      this.#entries.delete(text); // what is written again becomes the newest
      this.#sizeBytes -= sizeOf(old);
    }
    this.#sequence += 1;
    const entry = { key, value, sequence: this.#sequence };
    this.#entries.set(text, entry);
    this.#sorted?.set(text, entry);
    this.#sizeBytes += sizeOf(entry);
    this.#onWrite(key, value, false);
  }

  dropBelow(key: Buffer): void {
    const floor = textOf(key);
    if (floor <= this.#floor) return;
    this.#floor = floor;
    const dropped: TextRange = { from: null, to: floor, reverse: false };
    const sorted = this.#order();
    for (let pair = nextPair(sorted, dropped, null); pair; pair = nextPair(sorted, dropped, null)) {
      this.#remove(pair[0]);
    }
    this.#sequence += 1;
    this.#onWrite(key, null, true);
  }

  /** Forgets the writes up to a sequence, inclusive: the base has them now. */
  forget(upToSequence: number): void {
    this.#generation += 1;
    if (!this.#ranged) this.#sorted = undefined;
    this.#ranged = false;
    for (const [text, entry] of this.#entries) {
      if (entry.sequence > upToSequence) return;
      this.#remove(text);
    }
  }

  *range(from: Buffer | null, to: Buffer | null, reverse = false): Generator<Row, void> {
    const texts = textRange(from, to, reverse);
    let sorted = this.#order();
    let last: { readonly key: Buffer; readonly text: string } | undefined;
    let generation = -1;
    let below: Iterator<Row> | undefined;
    let belowRow: Row | undefined;
    for (;;) {
      if (below === undefined || generation !== this.#generation) {
        generation = this.#generation;
        sorted = this.#order();
        below = this.#belowFrom(from, to, reverse, last?.key);
        belowRow = nextOf(below);
      }
      const pair = nextPair(sorted, texts, last?.text ?? null);
      const belowText = belowRow && textOf(belowRow[0]);
      if (pair && (belowText === undefined || (reverse ? pair[0] >= belowText : pair[0] <= belowText))) {
        if (pair[0] === belowText) belowRow = nextOf(below);
        const { key, value } = pair[1];
        last = { key, text: pair[0] };
        if (value !== null) yield [key, value];
      } else if (belowRow && belowText !== undefined) {
        last = { key: belowRow[0], text: belowText };
        if (belowText >= this.#floor) yield belowRow;
        if (generation === this.#generation) belowRow = nextOf(below);
      } else return;
    }
  }

  /** The base's rows of a range, those after `last` only. */
  #belowFrom(from: Buffer | null, to: Buffer | null, reverse: boolean, last: Buffer | undefined) {
    const rows =
      last === undefined
        ? this.#base.range(from, to, reverse)
        : reverse
          ? this.#base.range(from, last, true)
          : this.#base.range(Buffer.concat([last, AFTER]), to);
    return rows[Symbol.iterator]();
  }

  #order(): SortedMap<Entry> {
    this.#ranged = true;
    if (this.#sorted === undefined) {
      this.#sorted = sortedMap();
      for (const [text, entry] of this.#entries) this.#sorted.set(text, entry);
    }
    return this.#sorted;
  }

  #remove(text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined) return;
    this.#entries.delete(text);
    this.#sorted?.delete(text);
    this.#sizeBytes -= sizeOf(entry);
  }
}

function sizeOf({ key, value }: Entry): number {
  return ENTRY_BYTES + key.length + (value?.length ?? 0);
}

function nextOf(rows: Iterator<Row>): Row | undefined {
  const step = rows.next();
  return step.done ? undefined : step.value;
}

function keyTooLong(key: Buffer, maxKeyBytes: number): StreamsError {
  return new StreamsError(
    'STORE_KEY_TOO_LONG',
    'fail',
    `a store on disk takes keys of at most ${maxKeyBytes} bytes, got one of ${key.length} bytes (with what the store adds to it); use shorter keys, or keep the store in memory with { persistent: false }`,
  );
}
