import type { ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { Serde } from '../serde.ts';
import type { MutableBytes, StreamClock } from '../stores/bytes.ts';
import type { StateStore } from '../stores/types.ts';

type BufferStore = StateStore & { readonly bytes: MutableBytes };

export type JoinSide = 'left' | 'right';

/** A record that has found no partner yet. */
export interface UnjoinedRecord {
  readonly side: JoinSide;
  readonly key: unknown;
  readonly value: unknown;
  /** Ms since the epoch. */
  readonly timestamp: number;
}

type Place = Pick<UnjoinedRecord, 'side' | 'key' | 'timestamp'>;

interface UnjoinedOptions {
  readonly store: StoreHandle<BufferStore>;
  readonly key: Serde<unknown>;
  readonly left: Serde<unknown>;
  readonly right: Serde<unknown>;
}

const ROWS = Buffer.of(1);
const EARLIEST = Buffer.of(0);
const TIMESTAMP_BYTES = 8;

function readTime(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at));
}

/** Several values as one: each behind its length, 4 bytes. */
function append(values: Buffer | null, value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([...(values ? [values] : []), length, value]);
}

function* split(values: Buffer): Generator<Buffer> {
  for (let at = 0; at < values.length; ) {
    const end = at + 4 + values.readUInt32BE(at);
    yield values.subarray(at + 4, end);
    at = end;
  }
}

/**
 * The records of one task that a left or outer join may still have to send out alone; both sides share it. Rows lie by
 * timestamp, then side (right first), then key: `1, timestamp (8 bytes), side (right 0, left 1), key`; the values of one
 * place in the order of arrival. Row `0` keeps `earliestMs`, so that a takeover goes on exactly as its predecessor would have.
 */
export class UnjoinedRecords {
  /** The highest time that either side has seen. */
  readonly clock: StreamClock;
  /** Wall clock before which nobody looks for closed windows, ms. */
  nextLookMs = 0;
  readonly #bytes: MutableBytes;
  readonly #topic: string;
  readonly #serdes: UnjoinedOptions;
  #earliestMs: number;

  constructor(store: BufferStore, clock: StreamClock, options: UnjoinedOptions) {
    this.clock = clock;
    this.#bytes = store.bytes;
    this.#topic = `${store.name}-changelog`;
    this.#serdes = options;
    const kept = this.#bytes.get(EARLIEST);
    this.#earliestMs = kept ? readTime(kept, 0) : Number.POSITIVE_INFINITY;
  }

  /** No row before this can be due; Infinity: nothing is known to be there. */
  get earliestMs(): number {
    return this.#earliestMs;
  }

  set earliestMs(timeMs: number) {
    if (timeMs === this.#earliestMs) return;
    this.#earliestMs = timeMs;
    let kept: Buffer | null = null;
    if (timeMs !== Number.POSITIVE_INFINITY) {
      kept = Buffer.alloc(TIMESTAMP_BYTES);
      kept.writeBigInt64BE(BigInt(timeMs));
    }
    this.#bytes.put(EARLIEST, kept);
  }

  add(record: UnjoinedRecord): void {
    const value = this.#serdes[record.side].serialize(this.#topic, record.value);
    if (value === null) return;
    const row = this.#row(record);
    this.#bytes.put(row, append(this.#bytes.get(row), value));
    this.earliestMs = Math.min(this.earliestMs, record.timestamp);
  }

  /** Forgets every record of this place: it has found a partner, or has gone out alone. */
  remove(place: Place): void {
    const row = this.#row(place);
    if (this.#bytes.get(row)) this.#bytes.put(row, null);
  }

  /** In order; those that are removed on the way are not seen again. */
  *[Symbol.iterator](): Generator<UnjoinedRecord> {
    for (const [row, values] of this.#bytes.range(ROWS, null)) {
      const side = row[ROWS.length + TIMESTAMP_BYTES] === 0 ? 'right' : 'left';
      const key = this.#serdes.key.deserialize(this.#topic, row.subarray(ROWS.length + TIMESTAMP_BYTES + 1));
      const timestamp = readTime(row, ROWS.length);
      for (const value of split(values)) {
        yield { side, key, timestamp, value: this.#serdes[side].deserialize(this.#topic, value) };
      }
    }
  }

  #row({ side, key, timestamp }: Place): Buffer {
    const keyBytes = this.#serdes.key.serialize(this.#topic, key) ?? Buffer.alloc(0);
    const row = Buffer.alloc(ROWS.length + TIMESTAMP_BYTES + 1 + keyBytes.length);
    ROWS.copy(row);
    row.writeBigInt64BE(BigInt(timestamp), ROWS.length);
    row[ROWS.length + TIMESTAMP_BYTES] = side === 'left' ? 1 : 0;
    keyBytes.copy(row, ROWS.length + TIMESTAMP_BYTES + 1);
    return row;
  }
}

/** Opens the one UnjoinedRecords of a task for whichever side asks first. */
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
