// Plain KafkaJS: eachBatch, one send a batch. At least once, offsets are committed by the client as often as the engine's;
// exactly once, each batch is a transaction. Counts live in memory alone: a restart would lose them.
// Environment: BROKERS, APPLICATION_ID, TOPIC_IN, TOPIC_OUT, PARTITIONS, MODE, GUARANTEE, COMMIT_INTERVAL_MS.
import kafkajs, { type Batch, type Message, type Producer } from 'kafkajs';
import { change, keep, need, say, WINDOW_MS } from './work.ts';

const applicationId = need('APPLICATION_ID');
const topic = need('TOPIC_OUT');
const exactlyOnce = need('GUARANTEE') === 'exactly_once';
const kafka = new kafkajs.Kafka({
  clientId: 'each-batch',
  brokers: [need('BROKERS')],
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { initialRetryTime: 5 },
});
const consumer = kafka.consumer({ groupId: applicationId, maxWaitTimeInMs: 100 });
const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
const plain = kafka.producer({ createPartitioner });
const transactional = new Map<number, Promise<Producer>>();

const work = { stateless, 'windowed-count': windowedCount };
const mode = need('MODE');
if (mode !== 'stateless' && mode !== 'windowed-count') throw new Error(`there is no mode ${mode}`);
const outputsOf = work[mode];

await Promise.all([consumer.connect(), plain.connect()]);
await consumer.subscribe({ topic: need('TOPIC_IN'), fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => say({ msg: 'ready' }));
await consumer.run({
  partitionsConsumedConcurrently: Number(need('PARTITIONS')),
  autoCommit: !exactlyOnce,
  autoCommitInterval: Number(need('COMMIT_INTERVAL_MS')),
  eachBatch: async ({ batch }) => {
    const messages = outputsOf(batch);
    if (exactlyOnce) await inTransaction(batch, messages);
    else if (messages.length > 0) await plain.send({ topic, messages, acks: -1 });
  },
});
process.on('SIGTERM', async () => {
  await consumer.disconnect();
  await plain.disconnect();
  process.exit(0);
});

async function inTransaction(batch: Batch, messages: Message[]): Promise<void> {
  const { partition } = batch;
  let producer = transactional.get(partition);
  if (!producer) {
    producer = connected(`${applicationId}-${partition}`);
    transactional.set(partition, producer);
  }
  const transaction = await (await producer).transaction();
  if (messages.length > 0) await transaction.send({ topic, messages, acks: -1 });
  const offset = `${Number(batch.lastOffset()) + 1}`;
  const topics = [{ topic: batch.topic, partitions: [{ partition, offset }] }];
  await transaction.sendOffsets({ consumerGroupId: applicationId, topics });
  await transaction.commit();
}

async function connected(transactionalId: string): Promise<Producer> {
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner,
  });
  await producer.connect();
  return producer;
}

function stateless({ messages }: Batch): Message[] {
  return messages.flatMap(({ key, value }) => (keep(value) ? [{ key, value: change(value) }] : []));
}

/** Counts by key, of each partition's windows. */
const counts = new Map<number, Map<number, Map<string, number>>>();

function windowedCount({ partition, messages }: Batch): Message[] {
  const windows = counts.get(partition) ?? new Map<number, Map<string, number>>();
  counts.set(partition, windows);
  let newest = 0;
  const outputs = messages.map(({ key, timestamp }) => {
    const startMs = Math.floor(Number(timestamp) / WINDOW_MS) * WINDOW_MS;
    newest = Math.max(newest, startMs);
    const window = windows.get(startMs) ?? new Map<string, number>();
    windows.set(startMs, window);
    const name = key?.toString() ?? '';
    const count = (window.get(name) ?? 0) + 1;
    window.set(name, count);
    const value = Buffer.alloc(8);
    value.writeBigInt64BE(BigInt(count));
    return { key, value };
  });
  for (const startMs of windows.keys()) if (startMs < newest - WINDOW_MS) windows.delete(startMs);
  return outputs;
}
