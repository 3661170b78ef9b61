import type { ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { BufferStore } from '../stores/buffer-store.ts';
import type { MutableBytes, StreamClock } from '../stores/bytes.ts';
import { type StoreSerde, StoreSerdes } from '../stores/store-serdes.ts';
import { readTime, TIME_BYTES, writeTime } from '../stores/times.ts';

export type JoinSide = 'left' | 'right';

export const otherSide = (side: JoinSide): JoinSide => (side === 'left' ? 'right' : 'left');

/** A record that has found no partner yet. */
export interface UnjoinedRecord {
  readonly side: JoinSide;
  readonly key: unknown;
  readonly value: unknown;
  /** Ms since the epoch. */
  readonly timestamp: number;
}

export interface UnjoinedOptions {
  readonly store: StoreHandle<BufferStore>;
  readonly key: StoreSerde<unknown>;
  readonly left: StoreSerde<unknown>;
  readonly right: StoreSerde<unknown>;
}

const EARLIEST = Buffer.of(0);
const ROWS = Buffer.of(1);
const SIDE_AT = ROWS.length + TIME_BYTES;
const KEY_AT = SIDE_AT + 1;
const LENGTH_BYTES = 4;

/** Several values as one: each behind its length. */
function append(values: Buffer | null, value: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(value.length);
  return Buffer.concat(values ? [values, length, value] : [length, value]);
}

function* split(values: Buffer): Generator<Buffer> {
  for (let at = 0; at < values.length; ) {
    const from = at + LENGTH_BYTES;
    at = from + values.readUInt32BE(at);
    yield values.subarray(from, at);
  }
}

/**
 * The records of one task that a left or outer join may still have to send out alone; both sides share it. Rows lie by
 * timestamp, then side (right first), then key: `1, timestamp, side (right 0, left 1), key`; the values of one row in the
 * order of arrival. Row `0` holds `earliestMs`, so that a takeover goes on exactly as its predecessor would have.
 */
export class UnjoinedRecords {
  /** The highest time that either side has seen. */
  readonly clock: StreamClock;
  /** Wall clock before which nobody looks for closed windows, ms. */
  nextLookMs = 0;
  readonly #bytes: MutableBytes;
  readonly #serdes: Readonly<Record<JoinSide, StoreSerdes<unknown, unknown>>>;

  constructor(store: BufferStore, clock: StreamClock, { key, left, right }: UnjoinedOptions) {
    this.clock = clock;
    this.#bytes = store.bytes;
    this.#serdes = {
      left: new StoreSerdes(store.name, key, left),
      right: new StoreSerdes(store.name, key, right),
    };
  }

  /** What Kafka Streams believes to be the earliest timestamp here; Infinity: it believes that nothing is. */
  get earliestMs(): number {
    const kept = this.#bytes.get(EARLIEST);
    return kept ? readTime(kept, 0) : Number.POSITIVE_INFINITY;
  }

  set earliestMs(timeMs: number) {
    if (timeMs === this.earliestMs) return;
    let kept: Buffer | null = null;
    if (timeMs !== Number.POSITIVE_INFINITY) {
      kept = Buffer.alloc(TIME_BYTES);
      writeTime(kept, timeMs, 0);
    }
    this.#bytes.put(EARLIEST, kept);
  }

  add(record: UnjoinedRecord): void {
    const value = this.#serdes[record.side].valueBytes(record.value);
    if (value === null) return;
    const row = this.#row(record);
    this.#bytes.put(row, append(this.#bytes.get(row), value));
    this.earliestMs = Math.min(this.earliestMs, record.timestamp);
  }

  /** Forgets every record of this key, side and time: they have found a partner, or have gone out alone. */
  remove(place: Omit<UnjoinedRecord, 'value'>): void {
    const row = this.#row(place);
    if (this.#bytes.get(row)) this.#bytes.put(row, null);
  }

  /** In order. */
  *[Symbol.iterator](): Generator<UnjoinedRecord> {
    for (const [row, values] of this.#bytes.range(ROWS, null)) {
      const side = row[SIDE_AT] === 0 ? 'right' : 'left';
      const serdes = this.#serdes[side];
      const place = {
        side,
        key: serdes.key(row.subarray(KEY_AT)),
        timestamp: readTime(row, ROWS.length),
      } as const;
      for (const value of split(values)) yield { ...place, value: serdes.value(value) };
    }
  }

  #row({ side, key, timestamp }: Omit<UnjoinedRecord, 'value'>): Buffer {
    const head = Buffer.alloc(KEY_AT);
    ROWS.copy(head);
    writeTime(head, timestamp, ROWS.length);
    head[SIDE_AT] = side === 'left' ? 1 : 0;
    return Buffer.concat([head, this.#serdes[side].keyBytes(key)]);
  }
}

/** Opens the one UnjoinedRecords of a task, for whichever side asks first. */
export function unjoinedRecords(options: UnjoinedOptions): (context: ProcessorContext) => UnjoinedRecords {
  const opened = new WeakMap<BufferStore, UnjoinedRecords>();
  return (context) => {
    const store = context.getStateStore(options.store);
    let records = opened.get(store);
    if (!records) {
      records = new UnjoinedRecords(store, context.clock(store.name), options);
      opened.set(store, records);
    }
    return records;
  };
}
