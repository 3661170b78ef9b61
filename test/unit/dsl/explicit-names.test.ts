import { describe, expect, it } from 'vitest';
import { roleTopology } from '../../../src/cli/role-topology.ts';
import { topologyConfig } from '../../../src/config/compile.ts';
import { ROLES } from '../../../src/config/roles.ts';
import { generatedNames, requireNames } from '../../../src/topology/graph/explicit-names.ts';
import {
  joinWindows,
  KafkaStreams,
  StreamsBuilder,
  timeWindows,
  untilTimeLimit,
} from '../../../src/topology/index.ts';
import { texts } from '../joins/lab.ts';

const windows = joinWindows({ beforeMs: 1, afterMs: 1, graceMs: 0 });
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Everything that keeps rows or makes a topic, with names or without. */
function everything(name: (as: string) => { readonly as?: string }) {
  const builder = new StreamsBuilder();
  const store = (as: string) => ({ materialized: name(as) });
  const changed = builder.stream('in', texts).map((value) => ({ key: value, value }));
  const other = builder.stream('other', texts);
  changed.groupByKey({ ...texts, ...name('grouped') }).count({ ...name('total'), ...store('totals') });
  other
    .groupByKey(texts)
    .windowedBy(timeWindows({ sizeMs: 10, graceMs: 0 }))
    .count({ ...name('windowed'), ...store('windows') });
  builder
    .table('rows', { ...texts, ...store('rows') })
    .suppress(untilTimeLimit(1), name('later'))
    .toStream()
    .to('out', texts);
  const kept = name('joined').as === undefined ? {} : { store: 'joined' };
  changed.leftJoin(other, (a) => a, windows, {
    ...texts,
    otherValue: texts.value,
    ...name('joined'),
    ...kept,
  });
  changed.repartition({ ...texts, ...name('again') }).to('out', texts);
  return builder.build();
}

describe('names of stores and repartition topics', () => {
  it('are found where they were generated, of every kind', () => {
    const topology = everything(() => ({}));
    const all = topology.subTopologies.flatMap(({ stores }) => stores.map(({ name }) => name));
    const { stores, repartitions } = generatedNames(topology);
    expect(all.length).toBeGreaterThan(6);
    expect([...stores].toSorted()).toEqual([...new Set(all)].toSorted());
    expect([...repartitions].toSorted()).toEqual(topology.repartitionTopics.map((t) => t.name).toSorted());
  });

  it('are not taken for generated where they were given', () => {
    expect(generatedNames(everything((as) => ({ as })))).toEqual({ stores: [], repartitions: [] });
  });

  it('are refused at the start, all in one error, before anything is opened', async () => {
    const topology = everything(() => ({}));
    const { stores, repartitions } = generatedNames(topology);
    const streams = new KafkaStreams(topology, {
      applicationId: 'shop',
      kafka: { brokers: ['127.0.0.1:1'], clientId: 'shop' },
      guarantee: 'exactly_once',
      commitIntervalMs: 100,
      memoryBudgetBytes: 1_000_000,
      sessionTimeoutMs: 6_000,
      transactionTimeoutMs: 10_000,
      maxTaskIdleMs: 0,
      replicationFactor: 1,
      requireNames: true,
      logger: quiet,
    });
    const error = await streams.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NAMES_GENERATED', disposition: 'fail' });
    for (const name of [...stores, ...repartitions]) expect(String(error)).toContain(name);
  });

  it.each(ROLES)(
    'are given in the application of the role %s, so that its state outlives a change',
    (role) => {
      const topology = roleTopology(role, topologyConfig({}).topics);
      if (topology) requireNames(topology);
    },
  );
});
