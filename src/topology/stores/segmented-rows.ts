import { StreamsError } from '../errors.ts';
import type { MutableBytes, StoreContext, StreamClock } from './bytes.ts';
import type { Place, SegmentedLayout } from './segmented-layout.ts';
import { MAX_TIME_MS } from './times.ts';

const NO_VALUE = Buffer.alloc(0);

/** More segments than a store can have alive: where they are is looked up first. */
const FEW_SEGMENTS = 8;

type PlacedRow = readonly [place: Place, value: Buffer];

function checkTime(timeMs: number): void {
  if (Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= MAX_TIME_MS) return;
  throw new StreamsError(
    'STORE_TIME_INVALID',
    'fail',
    `the times of windows and sessions are whole milliseconds from 0 to ${MAX_TIME_MS}, got ${timeMs}; look at the timestamp extractor, or at what the processor puts`,
  );
}

function byTimes([a]: PlacedRow, [b]: PlacedRow): number {
  return a.timeMs - b.timeMs || a.startMs - b.startMs || Buffer.compare(a.key, b.key);
}

export interface SegmentedOptions {
  readonly layout: SegmentedLayout;
  readonly retentionMs: number;
  /** Whether rows are also listed by time. */
  readonly byTime: boolean;
  /** Whether a row that is older than the newest by exactly the retention is read. */
  readonly readsLastMs: boolean;
}

/** Rows with a time that expire: those of a segment at once, when all of it is older than the retention. */
export class SegmentedRows {
  readonly #bytes: MutableBytes;
  readonly #clock: StreamClock;
  readonly #options: SegmentedOptions;
  readonly #layout: SegmentedLayout;
  /** Rows of earlier segments were dropped, or there are none. */
  #firstSegment = 0;
  /** The last segment that had rows when this was first asked for; later ones have moved the clock. */
  #lastStored: number | undefined;

  constructor({ bytes, clock }: StoreContext, options: SegmentedOptions) {
    this.#bytes = bytes;
    this.#clock = clock;
    this.#options = options;
    this.#layout = options.layout;
  }

  get(key: Buffer, timeMs: number, startMs: number): Buffer | null {
    return timeMs < this.#readableFromMs() ? null : this.#bytes.get(this.#layout.row(key, timeMs, startMs));
  }

  /** Does nothing in a segment that has expired. Throws STORE_TIME_INVALID. */
  put(key: Buffer, timeMs: number, startMs: number, value: Buffer | null): void {
    checkTime(startMs);
    if (!this.#advance(timeMs)) return;
    this.#write(this.#layout.row(key, timeMs, startMs), value);
  }

  /** Puts a row behind those of the same key and time. Throws STORE_TIME_INVALID. */
  append(key: Buffer, timeMs: number, value: Buffer): void {
    if (!this.#advance(timeMs)) return;
    const [last] = this.#bytes.range(
      this.#layout.row(key, timeMs, timeMs),
      this.#layout.row(key, timeMs + 1, timeMs + 1, 0, this.#layout.segmentOf(timeMs)),
      true,
    );
    const number = last ? this.#layout.numberOf(last[0]) + 1 : 0;
    this.#write(this.#layout.row(key, timeMs, timeMs, number), value);
  }

  /** The readable rows of one key with times `fromMs` to `toMs`, both inclusive, by time. */
  *ofKey(key: Buffer, fromMs: number, toMs: number): Generator<PlacedRow, void> {
    const from = Math.max(fromMs, this.#readableFromMs());
    const to = Math.min(toMs, MAX_TIME_MS);
    for (const segment of this.#segments(from, to)) {
      const low = this.#layout.row(key, from, 0, 0, segment);
      const high = this.#layout.row(key, to + 1, 0, 0, segment);
      for (const [row, value] of this.#bytes.range(low, high)) yield [this.#layout.read(row), value];
    }
  }

  /** The readable rows of all keys with times `fromMs` to `toMs`, both inclusive: by time where they are listed so. */
  ofAll(fromMs: number, toMs: number): Generator<PlacedRow, void> {
    const from = Math.max(fromMs, this.#readableFromMs());
    return this.#options.byTime ? this.stored(from, toMs) : this.#byKey(from, Math.min(toMs, MAX_TIME_MS));
  }

  /** All rows of these times by time, also those that are no longer readable but whose segment has not expired. */
  *stored(fromMs: number, toMs: number): Generator<PlacedRow, void> {
    const from = Math.max(fromMs, 0);
    const to = Math.min(toMs, MAX_TIME_MS);
    if (!this.#options.byTime) {
      yield* [...this.#byKey(from, to)].sort(byTimes);
      return;
    }
    for (const segment of this.#segments(from, to)) {
      const [low, high] = this.#layout.timesOf(segment, from, to);
      for (const [listed] of this.#bytes.range(low, high)) {
        const row = this.#layout.unlisted(listed);
        const value = this.#bytes.get(row);
        if (value !== null) yield [this.#layout.read(row), value];
      }
    }
  }

  *#byKey(from: number, to: number): Generator<PlacedRow, void> {
    for (const segment of this.#segments(from, to)) {
      const [low, high] = this.#layout.rowsOf(segment);
      for (const [row, value] of this.#bytes.range(low, high)) {
        const place = this.#layout.read(row);
        if (place.timeMs >= from && place.timeMs <= to) yield [place, value];
      }
    }
  }

  #write(row: Buffer, value: Buffer | null): void {
    if (this.#options.byTime) {
      if (value === null) this.#bytes.put(this.#layout.listed(row), null);
      else if (this.#bytes.get(row) === null) this.#bytes.put(this.#layout.listed(row), NO_VALUE);
    }
    this.#bytes.put(row, value);
  }

  /** Moves the clock, drops what has expired, and tells whether a row of that time is kept. */
  #advance(timeMs: number): boolean {
    checkTime(timeMs);
    if (timeMs > this.#clock.timeMs) this.#clock.advance(timeMs);
    const live = this.#layout.segmentOf(this.#clock.timeMs - this.#options.retentionMs);
    if (live > this.#firstSegment) {
      this.#firstSegment = live;
      const bound = this.#layout.segment(live);
      const [expired] = this.#bytes.range(null, bound);
      if (expired) this.#bytes.dropBelow(bound);
    }
    return this.#layout.segmentOf(timeMs) >= live;
  }

  #readableFromMs(): number {
    const expiredMs = this.#clock.timeMs - this.#options.retentionMs;
    return Math.max(0, this.#options.readsLastMs ? expiredMs : expiredMs + 1);
  }

  *#segments(fromMs: number, toMs: number): Generator<number, void> {
    if (fromMs > toMs) return;
    const last = Math.min(
      this.#layout.segmentOf(toMs),
      Math.max(this.#layout.segmentOf(this.#clock.timeMs), this.#lastSegment()),
    );
    let segment = Math.max(this.#layout.segmentOf(fromMs), this.#firstSegment);
    if (last - segment > FEW_SEGMENTS) {
      const [first] = this.#bytes.range(this.#layout.segment(segment), null);
      if (first === undefined) return;
      segment = this.#layout.segmentAt(first[0]);
    }
    for (; segment <= last; segment += 1) yield segment;
  }

  #lastSegment(): number {
    if (this.#lastStored === undefined) {
      const [last] = this.#bytes.range(null, null, true);
      this.#lastStored = last ? this.#layout.segmentAt(last[0]) : -1;
    }
    return this.#lastStored;
  }
}
