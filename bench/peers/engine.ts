// The engine on the benches' work. Environment: BROKERS, APPLICATION_ID, TOPIC_IN, TOPIC_OUT, MODE (stateless,
// windowed-count, table), GUARANTEE, COMMIT_INTERVAL_MS, STATE_FOLDER.
import {
  bytesSerde,
  KafkaStreams,
  longSerde,
  StreamsBuilder,
  stringSerde,
  type Topology,
  timeWindows,
} from '../../src/topology/index.ts';
import { change, keep, need, say, WINDOW_MS } from './work.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const streams = new KafkaStreams(topology(need('MODE')), {
  applicationId: need('APPLICATION_ID'),
  kafka: { brokers: [need('BROKERS')], clientId: 'engine' },
  guarantee: need('GUARANTEE') === 'at_least_once' ? 'at_least_once' : 'exactly_once',
  commitIntervalMs: Number(need('COMMIT_INTERVAL_MS')),
  memoryBudgetBytes: 64 * 1024 * 1024,
  sessionTimeoutMs: 10_000,
  transactionTimeoutMs: 60_000,
  maxTaskIdleMs: 0,
  replicationFactor: 1,
  stateDir: need('STATE_FOLDER'),
  logger: silent,
});
process.on('SIGTERM', async () => {
  await streams.close();
  process.exit(0);
});
await streams.start();
say({ msg: 'ready', restored: streams.metrics().recordsRestored });

function topology(mode: string): Topology {
  const builder = new StreamsBuilder();
  const input = need('TOPIC_IN');
  const output = need('TOPIC_OUT');
  switch (mode) {
    case 'stateless':
      builder
        .stream(input)
        .filter((value) => keep(value))
        .mapValues((value) => change(value))
        .to(output, { value: bytesSerde });
      break;
    case 'windowed-count':
      builder
        .stream(input, { key: stringSerde })
        .groupByKey()
        .windowedBy(timeWindows({ sizeMs: WINDOW_MS, graceMs: WINDOW_MS }))
        .count()
        .toStream((_count, { key }) => key)
        .to(output, { key: stringSerde, value: longSerde });
      break;
    case 'table':
      builder.table(input, { key: stringSerde, materialized: { as: 'rows' } });
      break;
    default:
      throw new Error(`there is no mode ${mode}`);
  }
  return builder.build();
}
