import { describe, expect, it } from 'vitest';
import { type StreamsBuilder as Builder, StreamsBuilder } from '../../../src/topology/index.ts';
import { type Input, outputs, texts } from './lab.ts';

const pair = (left: string | null, right: string | null) => `${left}+${right}`;

describe('a join of a stream and a table', () => {
  const joined =
    ({ left }: { left: boolean }) =>
    (builder: Builder) => {
      const [stream, table] = [builder.stream('in', texts), builder.table('rows', texts)];
      (left ? stream.leftJoin(table, pair) : stream.join(table, pair)).to('out', texts);
    };
  const inputs: Input[] = [
    ['in', 'k', 'before', 1],
    ['rows', 'k', 'r', 9],
    ['in', 'k', 'a', 2, 'of the stream'],
    ['in', 'k', null, 3],
    ['in', null, 'b', 3],
    ['rows', 'k', null, 10],
    ['in', 'k', 'after', 4],
  ];

  it('meets the row of the moment, whatever its time, and keeps the record’s time and headers', async () => {
    expect(await outputs(joined({ left: false }), inputs)).toEqual([
      [],
      [],
      ['k=a+r@2 of the stream'],
      [],
      [],
      [],
      [],
    ]);
  });

  it('sends records out without a row when it is a left join, those without a key too', async () => {
    expect(await outputs(joined({ left: true }), inputs)).toEqual([
      ['k=before+null@1'],
      [],
      ['k=a+r@2 of the stream'],
      [],
      ['null=b+null@3'],
      [],
      ['k=after+null@4'],
    ]);
  });

  it('refuses a grace period, for the table does not know its earlier rows', () => {
    const builder = new StreamsBuilder();
    builder.stream('in', texts).join(builder.table('rows', texts), pair, { as: 'enrich', graceMs: 5 });
    expect(() => builder.build()).toThrow(/join "enrich": graceMs needs a table that remembers/);
  });

  it('sends a stream with a new key through a topic that is copartitioned with the table', () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', texts)
      .selectKey((value) => value)
      .join(builder.table('rows', texts), pair, { as: 'enrich', key: texts.key });
    const copartitioned = builder.build().subTopologies.flatMap((sub) => sub.copartitioned);
    expect(copartitioned.map((topics) => topics.toSorted())).toEqual([['enrich-repartition', 'rows']]);
  });
});

describe('a join of a stream and a global table', () => {
  const joined =
    ({ left }: { left: boolean }) =>
    (builder: Builder) => {
      const [stream, table] = [builder.stream('in', texts), builder.globalTable('rows', texts)];
      const first = (value: string | null) => value?.at(0) ?? null;
      (left ? stream.leftJoin(table, first, pair) : stream.join(table, first, pair)).to('out', texts);
    };

  it('meets the row that the record names', async () => {
    const inputs: Input[] = [
      ['rows', 'a', 'r', 9],
      ['in', null, 'a1', 2],
      ['in', 'k', 'b1', 2],
      ['in', 'k', '', 2],
      ['in', 'k', null, 2],
    ];
    expect(await outputs(joined({ left: false }), inputs)).toEqual([[], ['null=a1+r@2'], [], [], []]);
    expect(await outputs(joined({ left: true }), inputs)).toEqual([
      [],
      ['null=a1+r@2'],
      ['k=b1+null@2'],
      ['k=+null@2'],
      [],
    ]);
  });
});

describe('a join of two tables', () => {
  const joined = (method: 'join' | 'leftJoin' | 'outerJoin') => (builder: Builder) =>
    builder.table('left', texts)[method](builder.table('right', texts), pair).toStream().to('out', texts);
  const inputs: Input[] = [
    ['left', 'k', 'a', 5],
    ['right', 'k', 'b', 3],
    ['right', 'k', null, 7],
    ['left', 'k', null, 8],
    ['right', 'k', 'c', 9],
    ['left', null, 'x', 9],
  ];

  it('follows both tables, with the larger of the two rows’ times', async () => {
    expect(await outputs(joined('join'), inputs)).toEqual([[], ['k=a+b@5'], ['k=null@7'], [], [], []]);
    expect(await outputs(joined('leftJoin'), inputs)).toEqual([
      ['k=a+null@5'],
      ['k=a+b@5'],
      ['k=a+null@7'],
      ['k=null@8'],
      [],
      [],
    ]);
    expect(await outputs(joined('outerJoin'), inputs)).toEqual([
      ['k=a+null@5'],
      ['k=a+b@5'],
      ['k=a+null@7'],
      ['k=null@8'],
      ['k=null+c@9'],
      [],
    ]);
  });

  it('can be joined again without a store of its own', async () => {
    const chain = (builder: Builder) => {
      const [left, right, third] = ['left', 'right', 'third'].map((topic) => builder.table(topic, texts));
      if (!left || !right || !third) return;
      left.leftJoin(right, pair).join(third, pair).toStream().to('out', texts);
    };
    const found = await outputs(chain, [
      ['third', 'k', 't', 1],
      ['left', 'k', 'a', 2],
      ['right', 'k', 'b', 3],
      ['third', 'k', 'u', 4],
    ]);
    expect(found).toEqual([[], ['k=a+null+t@2'], ['k=a+b+t@3'], ['k=a+b+u@4']]);
  });

  it('keeps its rows under the name that it is given', () => {
    const builder = new StreamsBuilder();
    const table = builder
      .table('left', texts)
      .join(builder.table('right', texts), pair, { materialized: { as: 'pairs', ...texts } });
    expect(table.queryableStoreName).toBe('pairs');
    expect(builder.build().subTopologies.flatMap((sub) => sub.stores.map(({ name }) => name))).toContain(
      'pairs',
    );
  });
});
