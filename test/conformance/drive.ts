import { type ProducedRecord, type Topology, TopologyError } from '../../src/topology/index.ts';
import type { TaskStorage } from '../../src/topology/stores/bytes.ts';
import { TopologyTestDriver } from '../../src/topology/testing/driver.ts';
import { Adapter } from './adapter.ts';
import { callDsl } from './calls.ts';
import type { Case, Expectation, Input, InputRecord, OutputRecord, StoreRow, TracedCall } from './case.ts';
import { readStores } from './stores.ts';

const toBytes = (text: string | null) => (text === null ? null : Buffer.from(text));
const toText = (bytes: Buffer | null) => bytes?.toString() ?? null;

function toOutput(at: number, { key, value, timestamp, headers }: ProducedRecord): OutputRecord {
  const pairs = headers.map(([name, content]) => [name, toText(content)] as const);
  return {
    at,
    key: toText(key),
    value: toText(value),
    timestamp,
    ...(pairs.length > 0 && { headers: pairs }),
  };
}

/** The driver takes any number, Kafka's test topics no negative time. */
function checkTime({ timestamp }: InputRecord): void {
  if (timestamp < 0) throw new RangeError(`timestamps are not negative; got ${timestamp}`);
}

async function feed(driver: TopologyTestDriver, input: Input): Promise<void> {
  if ('advanceWallClockMs' in input) {
    await driver.advanceWallClock(input.advanceWallClockMs);
    return;
  }
  checkTime(input);
  await driver.pipe({
    topic: input.topic,
    key: toBytes(input.key),
    value: toBytes(input.value),
    timestamp: input.timestamp,
    headers: (input.headers ?? []).map(([name, content]) => [name, toBytes(content)] as const),
  });
}

/** What this engine does with a case, in the form of what Kafka Streams was recorded to do. */
export async function drive(testCase: Case, storage: TaskStorage): Promise<Expectation> {
  const { initialWallClockMs = 0, emitIntervalMs = 0 } = testCase.config;
  let at = -1;
  const traces: Record<string, TracedCall[]> = {};
  for (const { op, id = '' } of testCase.topology) if (op === 'peek' || op === 'foreach') traces[id] = [];
  const adapter = new Adapter((id, key, value) => traces[id]?.push({ at, key, value }), emitIntervalMs);
  let topology: Topology;
  try {
    for (const entry of testCase.topology) callDsl(adapter, entry);
    topology = adapter.builder.build();
  } catch (error) {
    if (error instanceof TopologyError) return { buildError: { problems: error.problems } };
    throw error;
  }

  const driver = new TopologyTestDriver(topology, { initialWallClockMs, storage });
  const outputs: Record<string, OutputRecord[]> = {};
  for (const topic of adapter.staticTopics) outputs[topic] = [];
  const own = new Set(topology.repartitionTopics.map((topic) => topic.name));
  const drain = () => {
    for (const topic of driver.outputTopics()) {
      if (own.has(topic)) continue;
      outputs[topic] = [
        ...(outputs[topic] ?? []),
        ...driver.readOutput(topic).map((record) => toOutput(at, record)),
      ];
    }
  };
  let failedAt: number | undefined;
  let stores: Record<string, StoreRow[]> = {};
  try {
    for (const [i, input] of testCase.inputs.entries()) {
      at = i;
      try {
        await feed(driver, input);
      } catch {
        failedAt = i;
      }
      drain();
      if (failedAt !== undefined) break;
    }
    if (failedAt === undefined) stores = readStores(driver, topology, adapter.storeNames);
  } finally {
    await driver.close();
  }
  return {
    describe: topology.describe(),
    outputs,
    traces,
    stores,
    branchKeys: Object.fromEntries(adapter.branchKeys),
    queryableStores: Object.fromEntries(adapter.queryableStores),
    ...(failedAt !== undefined && { error: { at: failedAt } }),
  };
}
