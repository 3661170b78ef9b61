import { describe, expect, it } from 'vitest';
import { otherwise, StreamsBuilder, stringSerde, TopologyError } from '../../../src/topology/index.ts';

/** The problems that building reports. */
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

const identity = async <T>(value: T) => value;

describe('building a topology', () => {
  it('reports all mistakes at once, by name', () => {
    const problems = problemsOf((builder) => {
      const stream = builder.stream('in', { as: 'wrong name' });
      stream.mapValues(() => 1, { as: 'twin' }).foreach(() => {});
      stream.mapValues(() => 2, { as: 'twin' }).foreach(() => {});
      stream.mapAsync(identity, { as: 'slow', concurrency: 0, timeoutMs: 0 });
      stream.repartition({ as: 'by-key', partitions: 0 });
      builder.stream(['in', 'other']);
      builder.stream('not/a/topic').to('..');
      builder.stream([]);
    });
    const expected = [
      'the name given by "as" "wrong name" has characters other than',
      'mapAsync "slow": concurrency must be a whole number of at least 1',
      'mapAsync "slow": timeoutMs must be more than 0 ms; got 0',
      'repartition "by-key": partitions must be a whole number of at least 1; got 0',
      'both read [in] but not the same topics otherwise',
      '2 nodes have the name "twin"',
      'the topic name "not/a/topic" has characters other than',
      'the topic name ".." is not allowed',
      'reads no topic',
    ];
    for (const part of expected) expect(problems).toContainEqual(expect.stringContaining(part));
    expect(problems).toHaveLength(expected.length);
  });

  it.each([
    ['a fraction', 1.5],
    ['a negative number', -1],
    ['no number', Number.NaN],
  ])('refuses %s as concurrency', (_what, concurrency) => {
    const problems = problemsOf((builder) => builder.stream('in').mapAsync(identity, { concurrency }));
    expect(problems).toEqual([expect.stringContaining(`got ${concurrency}`)]);
  });

  it('refuses names that Kafka refuses', () => {
    for (const name of ['', '.', '..', 'a b', 'ä', 'x'.repeat(250)]) {
      expect(
        problemsOf((builder) => builder.stream('in', { as: name })),
        name,
      ).toHaveLength(1);
    }
    for (const name of ['a', 'A.b_c-9', 'x'.repeat(249)]) {
      expect(
        problemsOf((builder) => builder.stream('in', { as: name })),
        name,
      ).toEqual([]);
    }
  });

  it('refuses a topology without a source', () => {
    expect(problemsOf(() => {})).toEqual([expect.stringContaining('no source')]);
  });

  it('refuses to merge with a stream of another builder', () => {
    const foreign = new StreamsBuilder().stream('elsewhere');
    const problems = problemsOf((builder) => builder.stream('in').merge(foreign, { as: 'both' }));
    expect(problems).toEqual([expect.stringContaining('merge "both"')]);
  });

  it('refuses to add to a stream after build()', () => {
    const builder = new StreamsBuilder();
    const stream = builder.stream('in');
    builder.build();
    expect(() => stream.filter(() => true, { as: 'late' })).toThrow(/"late" is added after build/);
    expect(() => builder.stream('more')).toThrow(TopologyError);
  });

  it('refuses one topic with two serdes, and warns of two timestamp extractors', () => {
    const problems = problemsOf((builder) => {
      builder.stream('in', { value: stringSerde });
      builder.stream('in');
    });
    expect(problems).toEqual([expect.stringContaining('different serdes')]);

    const builder = new StreamsBuilder();
    builder.stream('in', { timestampExtractor: () => 1 });
    builder.stream('in');
    expect(builder.build().warnings).toEqual([expect.stringContaining('different timestamp extractors')]);
  });

  it('refuses bad options of an external sink and a split', () => {
    const problems = problemsOf((builder) => {
      const sink = { name: 'elsewhere', write: async () => {} };
      const stream = builder.stream('in');
      stream.to(sink, { as: 'out', lingerMs: -1, maxBatchRecords: 0 });
      stream.split({ 1: () => true, rest: otherwise, other: otherwise }, { as: 'by-' });
    });
    expect(problems).toEqual([
      expect.stringContaining('lingerMs must be 0 ms or more; got -1'),
      expect.stringContaining('maxBatchRecords must be a whole number of at least 1; got 0'),
      expect.stringContaining('the branch name "1" is a number'),
      expect.stringContaining('[rest, other] are all "otherwise"'),
    ]);
  });
});

describe('sub-topologies', () => {
  it('are cut at repartitions, and named by what stays when other parts change', () => {
    const builder = new StreamsBuilder();
    const named = builder.stream('uploads', { as: 'intake', key: stringSerde });
    named
      .merge(builder.stream(['b', 'a'], { key: stringSerde }))
      .repartition({ as: 'by-id', partitions: 6 })
      .to('out');
    const topology = builder.build();
    expect(topology.subTopologies.map(({ id, name }) => [id, name])).toEqual([
      [0, 'a+b+intake'],
      [1, 'by-id'],
    ]);
    expect(topology.repartitionTopics).toEqual([{ name: 'by-id-repartition', partitions: 6 }]);
  });

  it('never share a name', () => {
    const builder = new StreamsBuilder();
    builder.stream('a', { as: 'b' }).to('out');
    builder.stream('b').to('out');
    expect(builder.build().subTopologies.map(({ name }) => name)).toEqual(['b:a', 'b:b']);
  });

  it('list parents before children, with one node for two reads of the same topics', () => {
    const builder = new StreamsBuilder();
    builder.stream(['x', 'y'], { as: 'first' }).filter(() => true, { as: 'one' });
    builder.stream(['y', 'x'], { as: 'second' }).filter(() => true, { as: 'two' });
    const [part, ...others] = builder.build().subTopologies;
    expect(others).toEqual([]);
    expect(
      part?.nodes.map((node) => (node.kind === 'source' ? [node.name] : [node.name, ...node.parents])),
    ).toEqual([['first'], ['one', 'first'], ['two', 'first']]);
  });

  it('warn of a process before a mapAsync, but not across a repartition', () => {
    const passing = () => ({ process() {} });
    const build = (repartitioned: boolean) => {
      const builder = new StreamsBuilder();
      const counted = builder.stream('in').process<Buffer | null, Buffer | null>(passing, { as: 'count' });
      const next = repartitioned ? counted.repartition({ as: 'between' }) : counted;
      next.mapValues((value) => value).mapAsync(identity, { as: 'fetch', concurrency: 4 });
      return builder.build().warnings;
    };
    expect(build(false)).toEqual([expect.stringMatching(/mapAsync "fetch".*\[count\]/)]);
    expect(build(true)).toEqual([]);
  });
});
