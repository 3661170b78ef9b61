// What tests of the engine on a real broker share: topics, a feeder that never duplicates, a reader of committed records.
import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, type Consumer, type Kafka, type Producer } from 'kafkajs';
import {
  type ConsumedRecord,
  KafkaStreams,
  type Logger,
  type StreamsOptions,
  type Topology,
} from '../../src/topology/index.ts';
import { createKafka } from '../../src/topology/kafka/client.ts';
import { readTopic } from '../../src/topology/kafka/read-topic.ts';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface CommittedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly readAtMs: number;
}

export class EngineLab {
  readonly id = `lab-${randomUUID().slice(0, 8)}`;
  readonly brokers: string;
  readonly #kafka: Kafka;
  readonly admin: Admin;
  readonly #producer: Producer;
  readonly #consumers: Consumer[] = [];
  readonly #streams: KafkaStreams[] = [];

  private constructor(brokers: string) {
    this.brokers = brokers;
    this.#kafka = createKafka({ brokers: [brokers], clientId: this.id }, silent);
    this.admin = this.#kafka.admin();
    this.#producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  static async open(brokers: string): Promise<EngineLab> {
    const lab = new EngineLab(brokers);
    await Promise.all([lab.admin.connect(), lab.#producer.connect()]);
    return lab;
  }

  /** Creates topics that no other test knows; returns their names. */
  async topics(partitions: number, ...names: string[]): Promise<string[]> {
    const topics = names.map((name) => `${this.id}-${name}`);
    await this.admin.createTopics({
      // tests have times of their own, some of them years ago
      topics: topics.map((topic) => ({
        topic,
        numPartitions: partitions,
        configEntries: [{ name: 'retention.ms', value: '-1' }],
      })),
      waitForLeaders: true,
    });
    return topics;
  }

  /** Values `from` to `to` (exclusive), dealt over the partitions in turn. */
  async feed(topic: string, partitions: number, from: number, to: number): Promise<void> {
    const messages = Array.from({ length: to - from }, (_, i) => ({
      key: `k${from + i}`,
      value: `${from + i}`,
      partition: (from + i) % partitions,
    }));
    await this.#producer.send({ topic, messages });
  }

  /** One record; the key decides about its partition. */
  async put(topic: string, key: string, value: string | null, timestamp = Date.now()): Promise<void> {
    await this.#producer.send({ topic, messages: [{ key, value, timestamp: String(timestamp) }] });
  }

  /** How instances run here, but for their log; `via` may be a proxy's address. */
  options(via = this.brokers): Omit<StreamsOptions, 'logger'> {
    return {
      applicationId: `${this.id}-app`,
      kafka: { brokers: [via], clientId: 'engine-test' },
      guarantee: 'exactly_once',
      commitIntervalMs: 50,
      memoryBudgetBytes: 64 * 1024 * 1024,
      sessionTimeoutMs: 6_000,
      transactionTimeoutMs: 10_000,
      maxTaskIdleMs: 0,
      replicationFactor: 1,
    };
  }

  /** One instance; `via` may be a proxy's address. */
  instance(
    topology: Topology,
    options: Partial<StreamsOptions> & { readonly via?: string } = {},
  ): KafkaStreams {
    const { via, ...given } = options;
    const streams = new KafkaStreams(topology, { ...this.options(via), logger: silent, ...given });
    this.#streams.push(streams);
    return streams;
  }

  /** Collects what readers of committed records see on `topic`, from its start. */
  async read(topic: string): Promise<CommittedRecord[]> {
    const records: CommittedRecord[] = [];
    const consumer = this.#kafka.consumer({
      groupId: `${this.id}-reader-${randomUUID()}`,
      maxWaitTimeInMs: 50,
      readUncommitted: false,
    });
    this.#consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        records.push({
          partition,
          offset: Number(message.offset),
          key: message.key?.toString(),
          value: message.value?.toString() ?? '',
          readAtMs: Date.now(),
        });
      },
    });
    return records;
  }

  /** The committed records that are on `topic` now. */
  async readAll(topic: string): Promise<ConsumedRecord[]> {
    const all: ConsumedRecord[] = [];
    await readTopic(
      { brokers: [this.brokers], clientId: this.id },
      topic,
      { begin: () => {}, take: async (_range, records) => void all.push(...records) },
      { logger: silent, signal: AbortSignal.timeout(30_000) },
    );
    return all;
  }

  async closeInstances(): Promise<void> {
    await Promise.all(this.#streams.splice(0).map((streams) => streams.close({ timeoutMs: 5_000 })));
  }

  async close(): Promise<void> {
    await this.closeInstances();
    await Promise.all(this.#consumers.map((consumer) => consumer.disconnect()));
    await Promise.all([this.#producer.disconnect(), this.admin.disconnect()]);
  }
}

/** Resolves when `condition` holds; rejects with `what` when it does not within the time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** How often each of the values 0 to count - 1 is there: what is missing and what came twice. */
export function tally(
  records: readonly CommittedRecord[],
  count: number,
): { missing: number; double: number } {
  const seen = new Map<string, number>();
  for (const { value } of records) seen.set(value, (seen.get(value) ?? 0) + 1);
  const expected = Array.from({ length: count }, (_, i) => seen.get(`${i}`) ?? 0);
  return { missing: expected.filter((n) => n === 0).length, double: expected.filter((n) => n > 1).length };
}
