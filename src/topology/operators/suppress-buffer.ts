import type { StreamRecord } from '../record.ts';
import type { Serde } from '../serde.ts';
import type { BufferStore } from '../stores/buffer-store.ts';
import type { Change } from './types.ts';

export interface BufferSerdes {
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

/** Rows by time, then key: `0`, the time, the key. */
const BY_TIME = 0;
/** When a key's row is due: `1`, the key. */
const BY_KEY = 1;
const TIME_BYTES = 8;
const SIGN = 1n << 63n;

/** Times in the order of their bytes; negative ones come first. */
function timeBytes(timeMs: number): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(timeMs)) ^ SIGN);
  return bytes;
}

const readTime = (bytes: Buffer, at: number) => Number(BigInt.asIntN(64, bytes.readBigUInt64BE(at) ^ SIGN));

const keyRow = (key: Buffer) => Buffer.concat([Buffer.from([BY_KEY]), key]);

/** Byte strings that may be null, each behind its length; -1: null. */
function pack(parts: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(part?.length ?? -1);
      return part ? [length, part] : [length];
    }),
  );
}

function* unpack(bytes: Buffer): Generator<Buffer | null> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    yield length < 0 ? null : bytes.subarray(at, at + length);
    at += Math.max(length, 0);
  }
}

/**
 * Changes that wait, at most one for each key: a later one takes the place of an earlier one and goes out when that was due.
 * It lies in a store, so it is restored with it.
 */
export class SuppressBuffer {
  readonly #store: BufferStore;
  readonly #serdes: BufferSerdes;
  readonly #topic: string;
  /** Counted when it is first asked for, since an unbounded buffer need not know, and again after writes were taken back. */
  #held: { records: number; bytes: number; readonly takenBack: number | undefined } | undefined;
  /**
   * No row lies before this one: the next look for the first row passes over none of the removed ones that are not committed.
   * Void after writes were taken back, since those put removed rows back.
   */
  #from: { readonly row: Buffer; readonly takenBack: number | undefined } | undefined;

  constructor(store: BufferStore, serdes: BufferSerdes) {
    this.#store = store;
    this.#serdes = serdes;
    this.#topic = `${store.name}-changelog`;
  }

  /** How many changes wait, and the bytes of their rows. */
  get held(): { readonly records: number; readonly bytes: number } {
    const { takenBack } = this.#store.bytes;
    if (this.#held && this.#held.takenBack === takenBack) return this.#held;
    this.#held = { records: 0, bytes: 0, takenBack };
    for (const [row, value] of this.#byTime()) this.#count(1, row, value);
    return this.#held;
  }

  put(dueMs: number, record: StreamRecord<unknown, Change>): void {
    const key = this.#keyBytes(record.key);
    const known = this.#store.bytes.get(keyRow(key));
    const time = known ?? timeBytes(dueMs);
    const row = Buffer.concat([Buffer.from([BY_TIME]), time, key]);
    const before = known && this.#store.bytes.get(row);
    if (before) this.#count(-1, row, before);
    else this.#store.bytes.put(keyRow(key), time);
    const value = this.#pack(
      record,
      before ? this.#priorOf(before) : this.#valueBytes(record.value.oldValue),
    );
    this.#store.bytes.put(row, value);
    if (this.#from && Buffer.compare(row, this.#from.row) < 0) this.#from = { ...this.#from, row };
    this.#count(1, row, value);
  }

  /**
   * The change that is due first; undefined: the buffer is empty. It waits until it is removed: what is forwarded in between
   * still sees the row as it was sent before.
   */
  first(): { readonly dueMs: number; read(): StreamRecord<unknown, Change>; remove(): void } | undefined {
    const { takenBack } = this.#store.bytes;
    const from = this.#from?.takenBack === takenBack ? this.#from?.row : undefined;
    for (const [row, value] of this.#byTime(from)) {
      this.#from = { row, takenBack };
      return {
        dueMs: readTime(row, 1),
        read: () => this.#read(row, value),
        remove: () => this.#remove(row, value),
      };
    }
    return undefined;
  }

  /** What was last sent for a key that waits: null if it was no row; undefined if the key does not wait. */
  sentBefore(key: unknown): { readonly value: unknown } | null | undefined {
    const keyBytes = this.#keyBytes(key);
    const time = this.#store.bytes.get(keyRow(keyBytes));
    if (!time) return undefined;
    const row = this.#store.bytes.get(Buffer.concat([Buffer.from([BY_TIME]), time, keyBytes]));
    const prior = row && this.#priorOf(row);
    return prior ? { value: this.#serdes.value.deserialize(this.#topic, prior) } : null;
  }

  #byTime(from: Buffer = Buffer.from([BY_TIME])) {
    return this.#store.bytes.range(from, Buffer.from([BY_KEY]));
  }

  #remove(row: Buffer, value: Buffer): void {
    this.#store.bytes.put(row, null);
    this.#store.bytes.put(keyRow(row.subarray(1 + TIME_BYTES)), null);
    this.#count(-1, row, value);
  }

  #read(row: Buffer, value: Buffer): StreamRecord<unknown, Change> {
    const [, oldValue = null, newValue = null, ...headers] = unpack(value.subarray(TIME_BYTES));
    const read = (bytes: Buffer | null) =>
      bytes === null ? null : this.#serdes.value.deserialize(this.#topic, bytes);
    return {
      key: this.#serdes.key.deserialize(this.#topic, row.subarray(1 + TIME_BYTES)),
      value: { newValue: read(newValue), oldValue: read(oldValue) },
      timestamp: readTime(value, 0),
      headers: Array.from({ length: headers.length / 2 }, (_, i) => [
        headers[2 * i]?.toString() ?? '',
        headers[2 * i + 1] ?? null,
      ]),
    };
  }

  #pack({ value, timestamp, headers }: StreamRecord<unknown, Change>, prior: Buffer | null): Buffer {
    const pairs = headers.flatMap(([name, content]) => [Buffer.from(name), content]);
    const values = [prior, this.#valueBytes(value.oldValue), this.#valueBytes(value.newValue)];
    return Buffer.concat([timeBytes(timestamp), pack([...values, ...pairs])]);
  }

  #priorOf(value: Buffer): Buffer | null {
    return unpack(value.subarray(TIME_BYTES)).next().value ?? null;
  }

  #keyBytes(key: unknown): Buffer {
    return this.#serdes.key.serialize(this.#topic, key) ?? Buffer.alloc(0);
  }

  #valueBytes(value: unknown): Buffer | null {
    return value === null ? null : this.#serdes.value.serialize(this.#topic, value);
  }

  #count(sign: 1 | -1, row: Buffer, value: Buffer): void {
    if (!this.#held) return;
    this.#held.records += sign;
    this.#held.bytes += sign * (row.length + value.length);
  }
}
