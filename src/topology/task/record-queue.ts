import { StreamsError } from '../errors.ts';
import type { ConsumedRecord, StreamRecord } from '../record.ts';
import type { Holding } from './byte-budget.ts';
import type { CompiledSource } from './compile.ts';
import { isTimestamp } from './timestamps.ts';

/** A record that was read, with its bytes decoded and its time known. */
export interface Head {
  readonly source: ConsumedRecord;
  readonly node: CompiledSource;
  readonly record: StreamRecord;
  readonly holding: Holding;
}

/** A record that was read and not decoded. */
export interface Unread {
  readonly source: ConsumedRecord;
  readonly holding: Holding;
}

/** What a queue asks about the records that it reads. */
export interface ReadRules {
  readonly nowMs: () => number;
  /** Records stamped more than this ahead of the wall clock are refused, ms. */
  readonly maxFutureMs: number;
  /** A record whose extractor gave it a negative timestamp is left out, as in Kafka Streams. */
  readonly onSkipped: (unread: Unread) => void;
  /** A record cannot be read: it is left out (true), or is to be read again later (false). May throw. */
  readonly onRefused: (unread: Unread, error: unknown, node: CompiledSource) => boolean;
}

/** Records of one partition that are not chosen yet, in offset order; only the first is decoded. */
export class RecordQueue {
  readonly topic: string;
  readonly partition: number;
  readonly node: CompiledSource;
  readonly #rules: ReadRules;
  #records: (Unread | undefined)[] = [];
  #at = 0;
  #head: Head | undefined;
  #partitionTimeMs: number;

  constructor(
    place: { readonly topic: string; readonly partition: number; readonly timeMs: number },
    node: CompiledSource,
    rules: ReadRules,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.node = node;
    this.#rules = rules;
    this.#partitionTimeMs = place.timeMs;
  }

  get length(): number {
    return this.#records.length - this.#at + (this.#head ? 1 : 0);
  }

  /** Time of the record that `read` has found, ms. */
  get headTimeMs(): number {
    return this.#head?.record.timestamp ?? -1;
  }

  push(source: ConsumedRecord, holding: Holding): void {
    this.#records.push({ source, holding });
  }

  /** Looks for the next record that can be processed. `later`: the first cannot be read now. */
  read(): 'found' | 'empty' | 'later' {
    while (!this.#head) {
      const next = this.#records[this.#at];
      if (!next) return 'empty';
      let record: StreamRecord;
      try {
        record = this.#decode(next.source);
      } catch (error) {
        if (!this.#rules.onRefused(next, error, this.node)) return 'later';
        this.#drop();
        continue;
      }
      this.#drop();
      if (record.timestamp < 0) {
        this.#rules.onSkipped(next);
        continue;
      }
      this.#partitionTimeMs = Math.max(this.#partitionTimeMs, record.timestamp);
      this.#head = { source: next.source, node: this.node, record, holding: next.holding };
    }
    return 'found';
  }

  /** Takes the head that `read()` has found. */
  shift(): Head | undefined {
    const head = this.#head;
    this.#head = undefined;
    return head;
  }

  /** Gives back what unchosen records hold. */
  clear(): void {
    this.#head?.holding.release();
    for (const unread of this.#records) unread?.holding.release();
    this.#records = [];
    this.#at = 0;
    this.#head = undefined;
  }

  #drop(): void {
    this.#records[this.#at++] = undefined; // read: nothing may pin its bytes
    if (this.#at > 1024 && this.#at * 2 > this.#records.length) {
      this.#records.splice(0, this.#at);
      this.#at = 0;
    }
  }

  /** Throws DESERIALIZATION_FAILED, TIMESTAMP_INVALID, TIMESTAMP_IN_FUTURE or the extractor's own error. */
  #decode(source: ConsumedRecord): StreamRecord {
    const record = this.#deserialize(source);
    const { nowMs, maxFutureMs } = this.#rules;
    if (maxFutureMs !== Number.POSITIVE_INFINITY && record.timestamp > nowMs() + maxFutureMs) {
      throw new StreamsError(
        'TIMESTAMP_IN_FUTURE',
        'fail',
        `${source.topic}-${source.partition}@${source.offset} has the timestamp ${record.timestamp} (${isoOf(record.timestamp)}), more than maxFutureMs ` +
          `(${maxFutureMs}) ahead of the clock: it would close every window before its time. Correct the producer's clock, raise ` +
          'maxFutureMs, or give a deserialization handler that answers "dead-letter" or "continue"',
      );
    }
    return record;
  }

  #deserialize(source: ConsumedRecord): StreamRecord {
    const { deserializeKey, deserializeValue, timestampExtractor } = this.node.spec;
    let record: StreamRecord;
    try {
      const key = deserializeKey(source.topic, source.key);
      const value = deserializeValue(source.topic, source.value);
      record = { key, value, timestamp: source.timestamp, headers: source.headers };
    } catch (error) {
      throw new StreamsError(
        'DESERIALIZATION_FAILED',
        'fail',
        `${source.topic}-${source.partition}@${source.offset} does not fit the serdes of ${this.node.name}: ${error instanceof Error ? error.message : String(error)}. ` +
          'Correct the serdes, give a deserialization handler that answers "dead-letter" or "continue", or read bytes and decode in ' +
          'a later step whose failure is a value',
        { cause: error },
      );
    }
    if (!timestampExtractor) {
      if (isTimestamp(record.timestamp)) return record;
      throw new StreamsError(
        'TIMESTAMP_INVALID',
        'fail',
        `${source.topic}-${source.partition}@${source.offset} has the timestamp ${record.timestamp}. Give ${this.node.name} a timestampExtractor that chooses another, or a negative one to leave such records out`,
      );
    }
    const timestamp = timestampExtractor({ ...record, context: source }, this.#partitionTimeMs);
    if (timestamp < 0 || isTimestamp(timestamp)) return { ...record, timestamp };
    throw new StreamsError(
      'TIMESTAMP_INVALID',
      'fail',
      `the timestampExtractor of ${this.node.name} gave ${source.topic}-${source.partition}@${source.offset} the timestamp ${String(timestamp)}, ` +
        'which is no whole number of ms since the epoch. Let it choose another, or a negative one to leave such records out, or give ' +
        'a deserialization handler that answers "dead-letter" or "continue"',
    );
  }
}

/** A time that Date can show; a stamp in microseconds or worse is beyond it. */
function isoOf(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? 'beyond all dates' : date.toISOString();
}
