import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import kafkajs, { type Admin, type Message, type Producer } from 'kafkajs';
import { type Stack, startStack } from '../dev/stack/stack.ts';

const { Kafka, logLevel, Partitioners } = kafkajs;
/** A request of so many bytes at most is sent at once. */
const REQUEST_BYTES = 4 * 1024 * 1024;
const LEADERS_WITHIN_MS = 30_000;

export interface BenchRecord {
  readonly key?: string;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the time at which it is sent. */
  readonly timestampMs?: number;
}

export interface ServiceTopics {
  readonly uploads: string;
  readonly stream: string;
  readonly stats: string;
  readonly letters: string;
  readonly policies: string;
}

/** The real services, and hands to fill them. */
export interface Lab {
  readonly stack: Stack;
  /** Creates a topic that no other run knows and returns its name. */
  topic(name: string, partitions: number): Promise<string>;
  /** Those that a service of ours needs, all of them new. */
  serviceTopics(name: string, partitions: number): Promise<ServiceTopics>;
  /** Sends records over the partitions in turn, once each. */
  feed(
    topic: string,
    partitions: number,
    records: Iterable<BenchRecord> | AsyncIterable<BenchRecord>,
  ): Promise<void>;
  /** Offsets written so far, over all partitions; under transactions their markers count too. */
  written(topic: string): Promise<number>;
  /** Offsets that a group has committed, over all partitions of a topic. */
  committed(groupId: string, topic: string): Promise<number>;
  /** Puts an object into the archive's bucket and returns its key. */
  put(key: string, body: Buffer): Promise<string>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const stack = await startStack({ progress: (line) => process.stderr.write(`${line}\n`) });
  const id = randomUUID().slice(0, 8);
  const kafka = new Kafka({
    clientId: 'bench',
    brokers: [stack.addresses.kafka],
    logLevel: logLevel.NOTHING,
  });
  const admin: Admin = kafka.admin();
  const producer: Producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  const { bucket, endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.s3;
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await Promise.all([admin.connect(), producer.connect()]);
  const topic = async (name: string, partitions: number): Promise<string> => {
    const created = `bench-${id}-${name}`;
    const configEntries = [{ name: 'max.message.bytes', value: String(17 * 1024 * 1024) }];
    await admin.createTopics({
      topics: [{ topic: created, numPartitions: partitions, configEntries }],
      waitForLeaders: false, // KafkaJS' own wait gives up when the broker is busy
    });
    const deadlineMs = performance.now() + LEADERS_WITHIN_MS;
    for (;;) {
      try {
        await admin.fetchTopicOffsets(created);
        break;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    return created;
  };
  return {
    stack,
    topic,
    serviceTopics: async (name, partitions) => ({
      uploads: await topic(`${name}-uploads`, partitions),
      stream: await topic(`${name}-stream`, partitions),
      stats: await topic(`${name}-stats`, partitions),
      letters: await topic(`${name}-letters`, partitions),
      policies: await topic(`${name}-policies`, 1),
    }),
    feed: async (topic, partitions, records) => {
      let batch: Message[] = [];
      let bytes = 0;
      let sent = 0;
      const flush = async () => {
        if (batch.length > 0) await producer.send({ topic, messages: batch, acks: -1 });
        batch = [];
        bytes = 0;
      };
      for await (const { key = null, value, headers = {}, timestampMs } of records) {
        if (bytes + value.length > REQUEST_BYTES) await flush();
        const timestamp = String(timestampMs ?? Date.now());
        batch.push({ key, value, partition: sent++ % partitions, headers: { ...headers }, timestamp });
        bytes += value.length;
      }
      await flush();
    },
    written: async (topic) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.reduce((sum, { high }) => sum + Number(high), 0);
    },
    committed: async (groupId, topic) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return found?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
    },
    put: async (key, body) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      return key;
    },
    close: async () => {
      await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
      s3.destroy();
      await stack.down();
    },
  };
}
