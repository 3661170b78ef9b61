import type { ChangelogLayout } from './bytes.ts';
import { escapedLength, readEscaped, writeEscaped } from './key-escape.ts';
import { readTime, TIME_BYTES, writeTime } from './times.ts';

/** What the key of a stored row says. */
export interface Place {
  readonly key: Buffer;
  /** What expires: a window's start, a session's end. */
  readonly timeMs: number;
  /** A session's start. */
  readonly startMs: number;
}

export interface SegmentedShape {
  /** Rows expire by so much time at once, ms. */
  readonly segmentMs: number;
  /** Whether a second time, the start of a session, belongs to the key. */
  readonly withStart: boolean;
  /** Whether rows of one key and time are numbered. */
  readonly numbered: boolean;
  /** Whether a second row without value lists each row by time. */
  readonly byTime: boolean;
}

const SEGMENT_BYTES = 6;
const AREA_BYTES = 1;
const PREFIX_BYTES = SEGMENT_BYTES + AREA_BYTES;
const NUMBER_BYTES = 4;

/** Areas of a segment. */
const BY_TIME = 0;
const BY_KEY = 1;
const BEHIND = 2;

const NO_VALUE = Buffer.alloc(0);

/**
 * Where windows and sessions lie:
 *
 *     segment (6) | 01 | key, escaped | time (8) | start (8), if any | number (4), if any    → value
 *     segment (6) | 00 | time (8) | start (8), if any | key, escaped | number (4), if any    → nothing; if listed by time
 *
 * A segment is a span of time; its number comes first, so that all of it expires by one `dropBelow`. Within it the rows of a
 * key are side by side. The changelog has the first kind, without the segment: its length follows from the retention, which
 * may be changed.
 */
export class SegmentedLayout implements ChangelogLayout {
  readonly #shape: SegmentedShape;
  readonly #timesBytes: number;
  readonly #numberBytes: number;

  constructor(shape: SegmentedShape) {
    this.#shape = shape;
    this.#timesBytes = shape.withStart ? 2 * TIME_BYTES : TIME_BYTES;
    this.#numberBytes = shape.numbered ? NUMBER_BYTES : 0;
  }

  /** Rows lie differently wherever this differs. */
  get name(): string {
    const { segmentMs, byTime } = this.#shape;
    return `segments of ${segmentMs} ms${byTime ? ', by time' : ''}`;
  }

  segmentOf(timeMs: number): number {
    return Math.trunc(timeMs / this.#shape.segmentMs);
  }

  segmentAt(row: Buffer): number {
    return row.readUIntBE(0, SEGMENT_BYTES);
  }

  /** Where a segment begins. */
  segment(segment: number): Buffer {
    const bound = Buffer.allocUnsafe(SEGMENT_BYTES);
    bound.writeUIntBE(segment, 0, SEGMENT_BYTES);
    return bound;
  }

  /** From where to where a segment's rows lie, by key. */
  rowsOf(segment: number): readonly [from: Buffer, to: Buffer] {
    return [prefix(segment, BY_KEY), prefix(segment, BEHIND)];
  }

  /** From where to where a segment's list by time has the times `fromMs` to `toMs`, both inclusive. */
  timesOf(segment: number, fromMs: number, toMs: number): readonly [from: Buffer, to: Buffer] {
    return [listed(segment, fromMs), listed(segment, toMs + 1)];
  }

  /** A row's key; also the bound of a key's rows from a time on. Absent parts of the shape are left out. */
  row(key: Buffer, timeMs: number, startMs: number, number = 0, segment = this.segmentOf(timeMs)): Buffer {
    const row = Buffer.allocUnsafe(PREFIX_BYTES + escapedLength(key) + this.#timesBytes + this.#numberBytes);
    let end = writePrefix(row, segment, BY_KEY);
    end = writeEscaped(row, key, end);
    end = this.#writeTimes(row, timeMs, startMs, end);
    if (this.#shape.numbered) row.writeUInt32BE(number, end);
    return row;
  }

  /** The row's place in the list by time. */
  listed(row: Buffer): Buffer {
    const times = row.length - this.#numberBytes - this.#timesBytes;
    const listed = Buffer.allocUnsafe(row.length);
    let end = row.copy(listed, 0, 0, SEGMENT_BYTES);
    listed[end] = BY_TIME;
    end += AREA_BYTES;
    end += row.copy(listed, end, times, times + this.#timesBytes);
    end += row.copy(listed, end, PREFIX_BYTES, times);
    row.copy(listed, end, row.length - this.#numberBytes);
    return listed;
  }

  /** The row that a place in the list by time stands for. */
  unlisted(listed: Buffer): Buffer {
    const key = PREFIX_BYTES + this.#timesBytes;
    const number = listed.length - this.#numberBytes;
    const row = Buffer.allocUnsafe(listed.length);
    let end = listed.copy(row, 0, 0, SEGMENT_BYTES);
    row[end] = BY_KEY;
    end += AREA_BYTES;
    end += listed.copy(row, end, key, number);
    end += listed.copy(row, end, PREFIX_BYTES, key);
    listed.copy(row, end, number);
    return row;
  }

  read(row: Buffer): Place {
    const times = row.length - this.#numberBytes - this.#timesBytes;
    const timeMs = readTime(row, times);
    const startMs = this.#shape.withStart ? readTime(row, times + TIME_BYTES) : timeMs;
    return { key: readEscaped(row, PREFIX_BYTES, times), timeMs, startMs };
  }

  numberOf(row: Buffer): number {
    return row.readUInt32BE(row.length - NUMBER_BYTES);
  }

  toChangelog(row: Buffer): Buffer | null {
    return row[SEGMENT_BYTES] === BY_KEY ? row.subarray(PREFIX_BYTES) : null;
  }

  fromChangelog(key: Buffer, value: Buffer | null): (readonly [key: Buffer, value: Buffer | null])[] {
    const timeMs = readTime(key, key.length - this.#numberBytes - this.#timesBytes);
    const row = Buffer.concat([prefix(this.segmentOf(timeMs), BY_KEY), key]);
    if (!this.#shape.byTime) return [[row, value]];
    return [
      [row, value],
      [this.listed(row), value && NO_VALUE],
    ];
  }

  #writeTimes(target: Buffer, timeMs: number, startMs: number, offset: number): number {
    const end = writeTime(target, timeMs, offset);
    return this.#shape.withStart ? writeTime(target, startMs, end) : end;
  }
}

function writePrefix(target: Buffer, segment: number, area: number): number {
  target.writeUIntBE(segment, 0, SEGMENT_BYTES);
  target[SEGMENT_BYTES] = area;
  return PREFIX_BYTES;
}

function prefix(segment: number, area: number): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES);
  writePrefix(bytes, segment, area);
  return bytes;
}

function listed(segment: number, timeMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + TIME_BYTES);
  writeTime(bytes, timeMs, writePrefix(bytes, segment, BY_TIME));
  return bytes;
}
