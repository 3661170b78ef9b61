// One instance of the counting topology as a process of its own, so that it can be killed and stopped. Says a line of JSON
// whenever it runs, and ends in order when its input ends.
import { KafkaStreams } from '../../src/topology/index.ts';
import { countTopology } from './count-topology.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const { input, output, ...options } = JSON.parse(process.argv[2] ?? '{}');
const streams = new KafkaStreams(countTopology(input, output), { ...options, logger: silent });
const say = (fields: object) => console.log(JSON.stringify({ ...fields, state: streams.state }));

streams.onStateChange(({ to, cause }) => {
  if (to === 'RUNNING') say({ restored: streams.metrics().recordsRestored, tasks: streams.metrics().tasks });
  if (to === 'ERROR') say({ error: cause?.message });
});
process.stdin.on('end', () => void streams.close().then(() => process.exit(0)));
process.stdin.resume();
await streams.start().catch((error: unknown) => {
  say({ error: String(error) });
  process.exitCode = 1;
  void streams.close();
});
