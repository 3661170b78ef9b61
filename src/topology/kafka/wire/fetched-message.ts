import type { IHeaders, RecordBatchEntry } from 'kafkajs';
import { ByteReader } from './byte-reader.ts';

/** What the records of one batch have in common; 64-bit numbers are decimal text, as in KafkaJS. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
}

const MAGIC = 2;

/**
 * A record where it came in: its key, value and headers are cut out of the answer when they are asked for, anew each time.
 * For the rest of KafkaJS it is a message like its own.
 */
export class FetchedMessage implements RecordBatchEntry {
  readonly magicByte = MAGIC;
  readonly attributes: number;
  readonly batchContext: BatchContext;
  isControlRecord: boolean;
  /** The offset. */
  readonly position: number;
  /** ms since the epoch. */
  readonly timeMs: number;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly #valueAt: number;
  readonly #valueLength: number;
  readonly #headersAt: number;

  /** `reader` stands behind the record's length, and goes on to its headers. */
  constructor(
    reader: ByteReader,
    batch: {
      readonly context: BatchContext;
      readonly firstOffset: number;
      readonly firstTimeMs: number;
      /** What all its records have, where the broker sets the time. */
      readonly appendTimeMs: number | undefined;
      readonly isControl: boolean;
    },
  ) {
    this.batchContext = batch.context;
    this.isControlRecord = batch.isControl;
    this.#bytes = reader.buffer;
    this.attributes = reader.int8();
    const timeMs = batch.firstTimeMs + reader.varint();
    this.timeMs = batch.appendTimeMs ?? timeMs;
    this.position = batch.firstOffset + reader.varint();
    this.#keyLength = reader.varint();
    this.#keyAt = reader.at;
    if (this.#keyLength > 0) reader.at += this.#keyLength;
    this.#valueLength = reader.varint();
    this.#valueAt = reader.at;
    if (this.#valueLength > 0) reader.at += this.#valueLength;
    this.#headersAt = reader.at;
  }

  get offset(): string {
    return String(this.position);
  }

  get timestamp(): string {
    return String(this.timeMs);
  }

  get key(): Buffer | null {
    return this.#cut(this.#keyAt, this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#cut(this.#valueAt, this.#valueLength);
  }

  /** Names that come twice have a list of values. */
  get headers(): IHeaders {
    const headers: Record<string, Buffer | undefined | Buffer[]> = Object.create(null);
    const reader = new ByteReader(this.#bytes, this.#headersAt);
    for (let left = reader.varint(); left > 0; left--) {
      const nameLength = reader.varint();
      const name = this.#bytes.toString('utf8', reader.at, reader.at + nameLength);
      reader.at += nameLength;
      const length = reader.varint();
      // KafkaJS hands out null for a header without a value, which its types do not know
      const value = this.#cut(reader.at, length) as Buffer;
      if (length > 0) reader.at += length;
      const before = headers[name];
      if (!(name in headers)) headers[name] = value;
      else if (Array.isArray(before)) before.push(value);
      else headers[name] = [before as Buffer, value];
    }
    return headers;
  }

  #cut(at: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(at, at + length);
  }
}
