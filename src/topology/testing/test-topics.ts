import type { Headers, ProducedRecord, StreamRecord } from '../record.ts';
import type { Serde } from '../serde.ts';

/** How records of a topic are read and written by a test. */
export interface TestTopicOptions<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

export interface TestInputOptions<K, V> extends TestTopicOptions<K, V> {
  /** Timestamp of the first record, ms; default: the driver's wall clock, at each record. */
  readonly startMs?: number;
  /** How much later each record is than the one before, ms; needs `startMs`. Default 0. */
  readonly autoAdvanceMs?: number;
}

export interface TestInputRecord<K> {
  readonly key?: K;
  /** Ms since the epoch; default: the topic's own time. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

/** What a driver does for its test topics. */
export interface TestTopicsHost {
  pipe(record: {
    readonly topic: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly timestamp?: number;
    readonly headers?: Headers;
  }): Promise<void>;
  readOutput(topic: string): ProducedRecord[];
}

/** A topic that a test writes to. */
export class TestInputTopic<K, V> {
  readonly topic: string;
  readonly #host: TestTopicsHost;
  readonly #options: TestInputOptions<K, V>;
  #timeMs: number | undefined;

  constructor(host: TestTopicsHost, topic: string, options: TestInputOptions<K, V>) {
    this.topic = topic;
    this.#host = host;
    this.#options = options;
    this.#timeMs = options.startMs;
  }

  /** Settles as the driver's `pipe` does. Without a key it is null. */
  pipe(value: V, record: TestInputRecord<K> = {}): Promise<void> {
    const { key, value: valueSerde, autoAdvanceMs = 0 } = this.#options;
    const timestamp = record.timestamp ?? this.#timeMs;
    if (record.timestamp === undefined && this.#timeMs !== undefined) this.#timeMs += autoAdvanceMs;
    return this.#host.pipe({
      topic: this.topic,
      key: record.key === undefined ? null : key.serialize(this.topic, record.key),
      value: valueSerde.serialize(this.topic, value),
      headers: record.headers ?? [],
      ...(timestamp !== undefined && { timestamp }),
    });
  }

  /** Moves the topic's own time, which `startMs` began. */
  advanceTime(ms: number): void {
    if (this.#timeMs === undefined)
      throw new RangeError(`give the input topic ${this.topic} a startMs to advance from`);
    this.#timeMs += ms;
  }
}

/** A topic that a test reads from: each record once. */
export class TestOutputTopic<K, V> {
  readonly topic: string;
  readonly #host: TestTopicsHost;
  readonly #serdes: TestTopicOptions<K, V>;
  #unread: ProducedRecord[] = [];

  constructor(host: TestTopicsHost, topic: string, serdes: TestTopicOptions<K, V>) {
    this.topic = topic;
    this.#host = host;
    this.#serdes = serdes;
  }

  /** Records that are there and not read yet. */
  get size(): number {
    this.#unread.push(...this.#host.readOutput(this.topic));
    return this.#unread.length;
  }

  /** The next record; undefined: there is none. */
  read(): StreamRecord<K, V> | undefined {
    const record = this.size > 0 ? this.#unread.shift() : undefined;
    return record && this.#decode(record);
  }

  /** All records that are there, in order. */
  readAll(): StreamRecord<K, V>[] {
    return this.size > 0 ? this.#unread.splice(0).map((record) => this.#decode(record)) : [];
  }

  /** The last value of each key: a table's rows, as far as they have changed. */
  readToMap(): Map<K, V> {
    return new Map(this.readAll().map(({ key, value }) => [key, value]));
  }

  #decode({ key, value, timestamp, headers }: ProducedRecord): StreamRecord<K, V> {
    const { topic } = this;
    return {
      key: this.#serdes.key.deserialize(topic, key),
      value: this.#serdes.value.deserialize(topic, value),
      timestamp,
      headers,
    };
  }
}
