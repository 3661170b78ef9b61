// Counts by key in a store, and says every count: what tests of state on a real broker run.

import { type Processor, StreamsBuilder, stringSerde, type Topology } from '../../src/topology/index.ts';
import { keyValueStore } from '../../src/topology/stores/builders.ts';

export const COUNTS = 'counts';
/** Values `0, 1, 2, …` of `EngineLab.feed` are counted under so many keys; a multiple of every number of partitions used. */
export const KEYS = 40;

export const counts = keyValueStore<string, string>(COUNTS, {
  key: { serialize: (_, key) => Buffer.from(key), deserialize: (_, bytes) => String(bytes) },
  value: { serialize: (_, value) => Buffer.from(value), deserialize: (_, bytes) => String(bytes) },
});

/** For every record `<number>` of the input, `<number mod KEYS>` with how often it has come so far. */
export function countTopology(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder.addStateStore(counts);
  builder
    .stream(input, { key: stringSerde, value: stringSerde })
    .process<string | null, string | null>(
      (): Processor<string | null, string | null, string | null, string | null> => {
        let count: (key: string) => string;
        let forward: (key: string, value: string, timestamp: number) => void;
        return {
          init: (context) => {
            const store = context.getStateStore(counts);
            count = (key) => {
              const value = String(Number(store.get(key) ?? '0') + 1);
              store.put(key, value);
              return value;
            };
            forward = (key, value, timestamp) => context.forward({ key, value, timestamp, headers: [] });
          },
          process: ({ value, timestamp }) => {
            const key = String(Number(value) % KEYS);
            forward(key, count(key), timestamp);
          },
        };
      },
      { as: 'count', stores: [counts] },
    )
    .to(output, { key: stringSerde, value: stringSerde });
  return builder.build();
}

/** What is wrong with committed counts, which for each key have to be 1, 2, 3 … in this order. */
export function wrongCounts(
  records: readonly { readonly key: string | undefined; readonly value: string }[],
  fed: number,
): string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { key = '', value } of records) {
    const expected = (last.get(key) ?? 0) + 1;
    if (Number(value) !== expected) wrong.push(`${key}: ${value} after ${expected - 1}`);
    last.set(key, Number(value));
  }
  for (let key = 0; key < KEYS; key++) {
    const expected = Math.floor(fed / KEYS) + (key < fed % KEYS ? 1 : 0);
    if ((last.get(String(key)) ?? 0) !== expected)
      wrong.push(`${key}: ended at ${last.get(String(key)) ?? 0}, not ${expected}`);
  }
  return wrong;
}
