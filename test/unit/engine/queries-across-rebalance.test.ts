import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { keyValueStore, StreamsBuilder, stringSerde } from '../../../src/topology/index.ts';
import { Queries } from '../../../src/topology/kafka/queries.ts';
import { TopicNames } from '../../../src/topology/kafka/task-ids.ts';
import { texts } from '../joins/lab.ts';
import { openStore } from '../stores/open-store.ts';
import { storages } from '../stores/storages.ts';

const ROWS = 100;
const builder = keyValueStore<string, string>('rows', { key: stringSerde, value: stringSerde });

/** The queries of an instance that runs two tasks, each with rows of its own. */
function instance(open: (typeof storages)[number]['open']) {
  const streams = new StreamsBuilder();
  streams.table('in', { ...texts, materialized: { as: 'rows' } });
  const topology = streams.build();
  const [subTopology] = topology.subTopologies;
  if (!subTopology) throw new Error('no sub-topology');
  const runs = [0, 1].map((partition) => {
    const temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    for (let row = 0; row < ROWS; row += 1) store.put(`${partition}-${row}`, 'x');
    commit();
    const run = { id: { subTopology, partition }, running: true, task: { store: () => store } };
    const drop = () => {
      if (!run.running) return;
      run.running = false;
      temporary[Symbol.dispose]();
    };
    return { run, drop };
  });
  const queries = new Queries({
    topology,
    names: new TopicNames('app', topology),
    groupId: 'app',
    admin: new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING }).admin(),
    globals: () => {
      throw new Error('no global tables');
    },
    runs: () => runs.map(({ run }) => run),
    restoring: () => [],
    widthOf: () => 2,
  });
  const drop = (partition: number) => runs[partition]?.drop();
  return { queries, drop, [Symbol.dispose]: () => [0, 1].forEach(drop) };
}

describe.each(storages)('rows of a store in $name that are read while tasks are given up', ({ open }) => {
  test.each([0, 1])('end in STORE_AWAY when it is the task of partition %i', (partition) => {
    using given = instance(open);
    const { queries, drop } = given;
    const seen: unknown[] = [];
    const read = () => {
      for (const row of queries.store('rows').all()) {
        seen.push(row);
        if (seen.length === 50) drop(partition);
      }
    };
    expect(read).toThrow(
      expect.objectContaining({
        code: 'STORE_AWAY',
        disposition: 'retry',
        message: `partition ${partition} of the store "rows" was given up while its rows were read; ask again in a moment`,
      }),
    );
    expect(seen).toHaveLength(partition === 0 ? 50 : ROWS);
  });

  test('are all there when none is', () => {
    using given = instance(open);
    expect([...given.queries.store('rows').all()]).toHaveLength(2 * ROWS);
  });
});
