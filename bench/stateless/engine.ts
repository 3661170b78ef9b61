// The engine on the stateless work, exactly once. Environment: BROKERS, TOPIC_IN, TOPIC_OUT, RECORDS, WARM_UP,
// COMMIT_INTERVAL_MS, GUARANTEE.
import { randomUUID } from 'node:crypto';
import { bytesSerde, KafkaStreams, StreamsBuilder } from '../../src/topology/index.ts';
import { change, keep, need, Stopwatch } from '../peers/work.ts';

const total = Number(need('RECORDS'));
const watch = new Stopwatch(Number(need('WARM_UP')));
const builder = new StreamsBuilder();
builder
  .stream(need('TOPIC_IN'))
  .filter((value) => {
    watch.record();
    return keep(value);
  })
  .mapValues((value) => change(value))
  .to(need('TOPIC_OUT'), { value: bytesSerde });

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const streams = new KafkaStreams(builder.build(), {
  applicationId: `bench-${randomUUID()}`,
  kafka: { brokers: [need('BROKERS')], clientId: 'engine' },
  guarantee: process.env.GUARANTEE === 'at_least_once' ? 'at_least_once' : 'exactly_once',
  commitIntervalMs: Number(need('COMMIT_INTERVAL_MS')),
  memoryBudgetBytes: 64 * 1024 * 1024,
  sessionTimeoutMs: 10_000,
  transactionTimeoutMs: 60_000,
  maxTaskIdleMs: 0,
  replicationFactor: 1,
  logger: silent,
});
process.on('SIGTERM', async () => {
  await streams.close();
  process.exit(0);
});
await streams.start();
const poll = setInterval(() => {
  if (streams.metrics().recordsCommitted < total) return;
  clearInterval(poll);
  watch.report();
}, 5);
