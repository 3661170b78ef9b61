import type { Admin, Kafka } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ProducedRecord } from '../record.ts';
import { createKafka, REQUEST_RETRY } from './client.ts';
import { unreachable } from './errors.ts';
import { createProducer } from './partitioner.ts';
import { sendAll } from './send.ts';
import type { KafkaSettings, Logger } from './settings.ts';
import { partitionCounts } from './topics.ts';

/** Where a record has come to lie. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** An idempotent producer: acknowledged by all in-sync replicas, no duplicates by its own retries. */
export interface PlainProducer {
  /** In order; resolves to the place of the first record of each partition that was written to. */
  send(records: readonly ProducedRecord[]): Promise<readonly RecordPlace[]>;
  close(): Promise<void>;
}

export interface PlainAdmin {
  /**
   * Partition counts of the topics that exist, by name. Throws KAFKA_NOT_AUTHORIZED where one of `expected` is not among them
   * because this user may not see it.
   */
  topics(expected?: readonly string[]): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

/** A producer for the parts of the program that run no topology. Throws KAFKA_UNREACHABLE. */
export async function connectProducer(settings: KafkaSettings, logger: Logger): Promise<PlainProducer> {
  const kafka: Kafka = createKafka(settings, logger);
  const { producer, router } = createProducer(kafka, {
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: REQUEST_RETRY,
  });
  await producer.connect().catch((error: unknown) => {
    throw unreachable(settings.brokers, error);
  });
  return {
    send: async (records) => {
      const answers = await sendAll(producer, router, records, () => {});
      return answers.map(({ topicName, partition, baseOffset }) => ({
        topic: topicName,
        partition,
        offset: Number(baseOffset ?? -1),
      }));
    },
    close: () => producer.disconnect(),
  };
}

/** Throws KAFKA_UNREACHABLE. */
export async function connectAdmin(settings: KafkaSettings, logger: Logger): Promise<PlainAdmin> {
  const admin: Admin = createKafka(settings, logger).admin();
  await admin.connect().catch((error: unknown) => {
    throw unreachable(settings.brokers, error);
  });
  return {
    topics: async (expected = []) => {
      const counts = await partitionCounts(admin);
      for (const topic of expected) if (!counts.has(topic)) await requireVisible(admin, topic);
      return counts;
    },
    close: () => admin.disconnect(),
  };
}

/** A list of all topics leaves out what a user may not see; asked for one of them, the broker says so. */
async function requireVisible(admin: Admin, topic: string): Promise<void> {
  await admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
    if (error instanceof StreamsError) throw error;
  });
}
