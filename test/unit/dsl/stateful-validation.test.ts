import { describe, expect, it } from 'vitest';
import {
  keyValueStore,
  StreamsBuilder,
  sessionWindows,
  TopologyError,
  timeWindows,
  untilTimeLimit,
  untilWindowCloses,
} from '../../../src/topology/index.ts';
import { texts } from '../joins/lab.ts';

function problemsOf(describeTopology: (builder: StreamsBuilder) => void): readonly string[] {
  const builder = new StreamsBuilder();
  describeTopology(builder);
  try {
    builder.build();
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
  return [];
}

const pass = () => ({ process() {} });
const store = (name: string) => keyValueStore(name, texts);

describe('building a topology with state', () => {
  it('reports all mistakes at once, by name', () => {
    const problems = problemsOf((builder) => {
      builder.addStateStore(store('known')).addStateStore(store('twice')).addStateStore(store('twice'));
      const stream = builder.stream('in', texts);
      stream.process(pass, { as: 'lost', stores: ['known', store('never-added'), 'shared'] });
      builder.globalTable('everywhere', { ...texts, materialized: { as: 'shared' } });
      const groups = stream.groupByKey();
      groups.count({ as: 'a', materialized: { as: 'known' } });
      const windows = timeWindows({ sizeMs: 10, advanceMs: 20, graceMs: -1 });
      groups.windowedBy(windows).count({ as: 'hopping' });
      const kept = { materialized: { retentionMs: 14 } };
      groups.windowedBy(timeWindows({ sizeMs: 10, graceMs: 5 })).count({ as: 'short', ...kept });
      groups.windowedBy(sessionWindows({ gapMs: -1, graceMs: 0 })).count({ as: 'sessions' });
      const table = builder.table('rows', texts);
      table.suppress(untilWindowCloses(), { as: 'never' });
      table.suppress(untilTimeLimit(-1, { maxRecords: -2 }), { as: 'limit' });
      builder.table('rows', texts);
      builder.globalTable('everywhere', texts);
    });
    const expected = [
      '"hopping": graceMs must be a whole number of milliseconds, at least 0; got -1',
      '"hopping": advanceMs must be at most sizeMs',
      '"short": retentionMs must be at least size + grace, 10 + 5 ms',
      '"sessions": gapMs must be a whole number of milliseconds, at least 0; got -1',
      'suppress "never": "KTABLE-SOURCE',
      'suppress "limit": timeMs must be 0 ms or more; got -1',
      'suppress "limit": maxRecords must be 0 or more; got -2',
      'both read [rows], and one of them is a table',
      'the topic "everywhere" is read by two global tables',
      'two stores have the name "twice"',
      'two stores have the name "known"',
      '"lost" is connected to the store "never-added", which was never added',
      '"lost" is connected to the store "shared" of a global table',
    ];
    for (const part of expected) expect(problems).toContainEqual(expect.stringContaining(part));
    expect(problems).toHaveLength(expected.length);
  });

  it('refuses a table and a stream of one topic, and a store that is asked for by another name', () => {
    expect(
      problemsOf((builder) => {
        builder.stream('in');
        builder.table('in');
      }),
    ).toEqual([expect.stringContaining('both read [in]')]);
    expect(
      problemsOf((builder) => {
        builder.addStateStore(store('a'));
        builder.stream('in').processValues(pass, { as: 'p', stores: ['b'] });
      }),
    ).toEqual([expect.stringContaining('"p" is connected to the store "b"')]);
  });

  it('refuses a processor before the store that it is connected to', () => {
    const late = '"p" is connected to the store "s", which comes into the topology only after it';
    expect(
      problemsOf((builder) => {
        builder.stream('in', texts).process(pass, { as: 'p', stores: ['s'] });
        builder.addStateStore(store('s'));
      }),
    ).toEqual([expect.stringContaining(late)]);
    expect(
      problemsOf((builder) => {
        const stream = builder.stream('in', texts);
        stream.process(pass, { as: 'p', stores: ['s'] });
        stream.groupByKey().count({ materialized: { as: 's' } });
      }),
    ).toEqual([expect.stringContaining(late)]);
  });

  it('refuses a join before a topic that a later aggregation moves behind it, as Kafka Streams does', () => {
    const concat = (all: string, value: string | null) => `${all}${value}`;
    const shared = (builder: StreamsBuilder, joinsBetween: boolean) => {
      const other = builder.stream('other', texts);
      const grouped = builder.stream('in', texts).groupBy((value) => value, { as: 'by-value', ...texts });
      const first = grouped.reduce(concat, { materialized: { as: 'first' } });
      const join = () => other.join(first, (value) => value, { as: 'j' });
      if (joinsBetween) join();
      grouped.reduce(concat, { materialized: { as: 'second' } });
      if (!joinsBetween) join();
    };
    expect(problemsOf((builder) => shared(builder, true))).toEqual([
      expect.stringContaining(
        '"j" is connected to the store "first", which comes into the topology only after it',
      ),
    ]);
    expect(problemsOf((builder) => shared(builder, false))).toEqual([]);
  });

  it('places a join of tables behind both, so that a topic moved behind one of them is no mistake', () => {
    expect(
      problemsOf((builder) => {
        const rows = builder.table('rows', texts);
        const grouped = builder.stream('in', texts).groupBy((value) => value, { as: 'by-value', ...texts });
        const last = grouped.reduce((_all, value) => value);
        rows.join(last, (left, right) => left + right);
        grouped.reduce((all) => all);
      }),
    ).toEqual([]);
  });

  it('asks for the name of the store of a global table that is given "materialized"', () => {
    expect(problemsOf((builder) => builder.globalTable('rows', { ...texts, materialized: {} }))).toEqual([
      'the global table of topic "rows" is given "materialized" without a name for its store: add materialized: { as }, or leave materialized out',
    ]);
  });

  it('asks for equal partition counts where streams meet', () => {
    const builder = new StreamsBuilder();
    const left = builder.stream('left', texts).repartition({ as: 'a', partitions: 2 });
    const right = builder.table('right', texts);
    left.join(right, (value) => value);
    expect(builder.build().subTopologies.map((part) => part.copartitioned)).toEqual([
      [],
      [['a-repartition', 'right']],
    ]);
    const problems = problemsOf((other) => {
      const table = other.stream('x', texts).repartition({ as: 'b', partitions: 3 }).toTable();
      other
        .stream('y', texts)
        .repartition({ as: 'c', partitions: 2 })
        .join(table, (value) => value);
    });
    expect(problems).toEqual([
      'the repartition topics [c-repartition: 2, b-repartition: 3] are joined and need equal numbers of partitions',
    ]);
  });

  it('puts nodes that share a store into one sub-topology', () => {
    const builder = new StreamsBuilder().addStateStore(store('shared'));
    builder.stream('a', texts).process(pass, { stores: ['shared'] });
    builder.stream('b', texts).process(pass, { stores: ['shared'] });
    builder.stream('c', texts).process(pass);
    expect(builder.build().subTopologies.map(({ name, stores }) => [name, stores.length])).toEqual([
      ['a+b', 1],
      ['c', 0],
    ]);
  });
});
