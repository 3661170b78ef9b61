// Plain KafkaJS, at least once: eachBatch, one send a batch, offsets committed by the client as often as the engine's.
// Environment: BROKERS, TOPIC_IN, TOPIC_OUT, PARTITIONS, RECORDS, WARM_UP, COMMIT_INTERVAL_MS.
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { change, keep, need, Stopwatch } from './work.ts';

const kafka = new kafkajs.Kafka({
  clientId: 'each-batch',
  brokers: [need('BROKERS')],
  logLevel: kafkajs.logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId: `each-batch-${randomUUID()}`, maxWaitTimeInMs: 100 });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
const total = Number(need('RECORDS'));
const watch = new Stopwatch(Number(need('WARM_UP')));

await Promise.all([consumer.connect(), producer.connect()]);
await consumer.subscribe({ topic: need('TOPIC_IN'), fromBeginning: true });
let committed = false;
consumer.on(consumer.events.END_BATCH_PROCESS, () => {
  if (watch.records < total || committed) return;
  committed = true;
  watch.report();
});
await consumer.run({
  partitionsConsumedConcurrently: Number(need('PARTITIONS')),
  autoCommitInterval: Number(need('COMMIT_INTERVAL_MS')),
  eachBatch: async ({ batch }) => {
    const messages: { key: Buffer | null; value: Buffer | null }[] = [];
    for (const { key, value } of batch.messages) {
      watch.record();
      if (keep(value)) messages.push({ key, value: change(value) });
    }
    if (messages.length > 0) await producer.send({ topic: need('TOPIC_OUT'), messages, acks: -1 });
  },
});
process.on('SIGTERM', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
});
