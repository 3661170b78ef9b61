// Graphs made by hand, node by node, for tests of what runs them. Keys and values are text.
import type {
  AsyncContext,
  GlobalTableSpec,
  NodeSpec,
  Processor,
  ProcessorContext,
  SourceSpec,
  StoreBuilder,
} from '../../src/topology/graph/nodes.ts';
import type { Topology } from '../../src/topology/graph/topology.ts';
import type { ConsumedRecord, Headers, StreamRecord } from '../../src/topology/record.ts';
import { stringSerde } from '../../src/topology/serde.ts';
import { keyValueStore } from '../../src/topology/stores/builders.ts';
import type { StoreSpec } from '../../src/topology/stores/bytes.ts';
import type { KeyValueStore } from '../../src/topology/stores/types.ts';

export type Text = string | null;
export type TextRecord = StreamRecord<Text, Text>;
export type TextStore = KeyValueStore<Text, Text>;

export const source = (name: string, ...topics: string[]): SourceSpec => ({
  kind: 'source',
  name,
  topics,
  deserializeKey: stringSerde.deserialize,
  deserializeValue: stringSerde.deserialize,
});

/** What a processor does; `context` and its stores are there from `init` on. */
export interface Behaviour {
  readonly init?: (context: ProcessorContext<Text, Text>) => void;
  readonly process?: (record: TextRecord, context: ProcessorContext<Text, Text>) => void;
}

/** Text in, text out, whatever flows: what is not text fails. */
function textRecord({ key, value, timestamp, headers }: StreamRecord): TextRecord {
  if (key !== null && typeof key !== 'string') throw new TypeError(`the key is ${typeof key}, not text`);
  if (value !== null && typeof value !== 'string')
    throw new TypeError(`the value is ${typeof value}, not text`);
  return { key, value, timestamp, headers };
}

/** One that forwards its record, unless told otherwise. */
export function processor(
  name: string,
  parents: readonly string[],
  behave: () => Behaviour,
  stores: readonly StoreSpec[] = [],
): NodeSpec {
  const supplier = (): Processor => {
    const { init, process = (record, context) => context.forward(record) } = behave();
    let given: ProcessorContext<Text, Text> | undefined;
    return {
      init(context) {
        given = context;
        init?.(context);
      },
      process(record) {
        if (given) process(textRecord(record), given);
      },
    };
  };
  return {
    kind: 'processor',
    name,
    parents,
    operator: { kind: 'process', supplier },
    stores: stores.map((store) => store.name),
  };
}

export const mapAsync = (
  name: string,
  parents: readonly string[],
  fn: (value: Text, context: AsyncContext) => Promise<Text>,
  concurrency = 4,
): NodeSpec => ({
  kind: 'processor',
  name,
  parents,
  operator: {
    kind: 'async',
    fn: (value, _key, context) => fn(typeof value === 'string' ? value : null, context),
    concurrency,
  },
});

export const sink = (name: string, parents: readonly string[], topic: string): NodeSpec => {
  const serialize = (_topic: string, value: unknown) =>
    value === null || value === undefined ? null : Buffer.from(String(value));
  return { kind: 'sink', name, parents, topic, serializeKey: serialize, serializeValue: serialize };
};

export const textStore = (name: string): StoreBuilder<TextStore> =>
  keyValueStore(name, { key: stringSerde, value: stringSerde });

/** Counts per key in a store, and forwards the new count. */
export const counting = (store: StoreBuilder<TextStore>) => (): Behaviour => {
  let counts: TextStore | undefined;
  return {
    init(context) {
      counts = context.getStateStore(store);
    },
    process(record, context) {
      const count = String(Number(counts?.get(record.key) ?? '0') + 1);
      counts?.put(record.key, count);
      context.forward({ ...record, value: count });
    },
  };
};

export function topologyOf(
  nodes: readonly NodeSpec[],
  stores: readonly StoreSpec[] = [],
  globalTables: readonly GlobalTableSpec[] = [],
): Topology {
  return {
    subTopologies: [{ id: 0, name: 'lab', nodes, stores, copartitioned: [] }],
    repartitionTopics: [],
    globalTables,
    warnings: [],
    describe: () => '',
  };
}

/** A record as it was read from partition 0 of `topic`. */
export const consumed = (
  topic: string,
  offset: number,
  key: Text,
  value: Text,
  timestamp: number,
  headers: Headers = [],
): ConsumedRecord => ({
  topic,
  partition: 0,
  offset,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp,
  headers,
});
