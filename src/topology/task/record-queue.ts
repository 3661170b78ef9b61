import { StreamsError } from '../errors.ts';
import type { ConsumedRecord, StreamRecord } from '../record.ts';
import type { Holding } from './byte-budget.ts';
import type { CompiledSource } from './compile.ts';

/** A record that was read, with its bytes decoded and its time known. */
export interface Head {
  readonly source: ConsumedRecord;
  readonly node: CompiledSource;
  readonly record: StreamRecord;
  readonly holding: Holding;
}

interface Unread {
  readonly source: ConsumedRecord;
  readonly holding: Holding;
}

/** Records of one partition that are not chosen yet, in offset order; only the first is decoded. */
export class RecordQueue {
  readonly topic: string;
  readonly partition: number;
  readonly node: CompiledSource;
  #records: (Unread | undefined)[] = [];
  #at = 0;
  #head: Head | undefined;
  #partitionTimeMs = -1;

  constructor(topic: string, partition: number, node: CompiledSource) {
    this.topic = topic;
    this.partition = partition;
    this.node = node;
  }

  get length(): number {
    return this.#records.length - this.#at + (this.#head ? 1 : 0);
  }

  push(source: ConsumedRecord, holding: Holding): void {
    this.#records.push({ source, holding });
  }

  /** The next record. Throws DESERIALIZATION_FAILED, TIMESTAMP_INVALID or the extractor's own error; the task fails then. */
  head(onDropped: (source: ConsumedRecord) => void): Head | undefined {
    while (!this.#head) {
      const next = this.#records[this.#at];
      if (!next) return undefined;
      this.#records[this.#at++] = undefined; // read: nothing may pin its bytes
      if (this.#at > 1024 && this.#at * 2 > this.#records.length) {
        this.#records.splice(0, this.#at);
        this.#at = 0;
      }
      const record = this.#decode(next.source);
      if (record.timestamp < 0) {
        next.holding.release();
        onDropped(next.source);
        continue;
      }
      this.#partitionTimeMs = Math.max(this.#partitionTimeMs, record.timestamp);
      this.#head = { source: next.source, node: this.node, record, holding: next.holding };
    }
    return this.#head;
  }

  /** Takes the head that `head()` has shown. */
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

  #decode(source: ConsumedRecord): StreamRecord {
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
          'Correct the serdes, or read bytes and decode in a later step whose failure is a value',
        { cause: error },
      );
    }
    if (!timestampExtractor) {
      if (record.timestamp >= 0) return record;
      throw new StreamsError(
        'TIMESTAMP_INVALID',
        'fail',
        `${source.topic}-${source.partition}@${source.offset} has the timestamp ${record.timestamp}. Give ${this.node.name} a timestampExtractor that chooses another, or a negative one to leave such records out`,
      );
    }
    return {
      ...record,
      timestamp: timestampExtractor({ ...record, context: source }, this.#partitionTimeMs),
    };
  }
}
