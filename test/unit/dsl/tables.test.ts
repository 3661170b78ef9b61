import { describe, expect, it } from 'vitest';
import {
  type KTable,
  longSerde,
  StreamsBuilder,
  type Topology,
  TopologyTestDriver,
} from '../../../src/topology/index.ts';
import { outputs, texts } from '../joins/lab.ts';

const first = (value: string) => value.slice(0, 1);
const storesOf = ({ subTopologies }: Topology) =>
  subTopologies.flatMap((part) => part.stores.map((store) => store.name));

function built(make: (table: KTable<string, string>) => void, materialized = {}): Topology {
  const builder = new StreamsBuilder();
  make(builder.table('in', { ...texts, ...materialized }));
  return builder.build();
}

describe('a table', () => {
  it('keeps no rows that nobody needs, and keeps them once somebody does', () => {
    expect(storesOf(built((table) => table.mapValues(first).toStream().to('out', texts)))).toEqual([]);
    const named = { materialized: { as: 'rows' } };
    expect(storesOf(built((table) => table.toStream().to('out'), named))).toEqual(['rows']);
    const grouped = (table: KTable<string, string>) =>
      table
        .groupBy((value, key) => ({ key: first(value), value: key }), texts)
        .count({ materialized: { as: 'n' } });
    expect(storesOf(built(grouped))).toEqual(['in-STATE-STORE-0000000000', 'n']);
    // a filter and a mapValues between keep none: what they have follows from the rows above
    const below = (table: KTable<string, string>) =>
      grouped(table.filter((value) => value !== '').mapValues(first));
    expect(storesOf(built(below))).toEqual(['in-STATE-STORE-0000000000', 'n']);
  });

  it('sends a tombstone for a row that never passed its filter only where it cannot know better', async () => {
    const filtered = (materialized: object) =>
      outputs(
        (builder) =>
          builder
            .table('in', { ...texts, ...materialized })
            .filter((value) => value.startsWith('a'))
            .toStream()
            .to('out'),
        [
          ['in', 'k', 'b', 1],
          ['in', 'k', 'a', 2],
          ['in', 'k', 'b', 3],
        ],
      );
    expect(await filtered({})).toEqual([['k=null@1'], ['k=a@2'], ['k=null@3']]);
    expect(await filtered({ materialized: { as: 'rows' } })).toEqual([[], ['k=a@2'], ['k=null@3']]);
  });

  it('takes the row out of its old group before it adds it to the new one', async () => {
    const found = await outputs(
      (builder) =>
        builder
          .table('in', texts)
          .groupBy((value, key) => ({ key: first(value), value: key }), texts)
          .aggregate(
            () => '',
            (rows, key) => rows + key,
            (rows, key) => rows.replace(key, ''),
            { materialized: texts },
          )
          .toStream()
          .to('out', texts),
      [
        ['in', 'x', 'a1', 5],
        ['in', 'y', 'a2', 3],
        ['in', 'x', 'b1', 9],
        ['in', 'y', null, 4],
      ],
    );
    expect(found).toEqual([['a=x@5'], ['a=xy@5'], ['a=y@9', 'b=x@9'], ['a=@9']]);
  });

  it('is queried under the name that was given', () => {
    const builder = new StreamsBuilder();
    const table = builder.table('in', texts);
    expect(table.queryableStoreName).toBeUndefined();
    expect(table.mapValues(first, { materialized: { as: 'firsts' } }).queryableStoreName).toBe('firsts');
    expect(table.filter(() => true, { materialized: texts }).queryableStoreName).toBeUndefined();
    expect(builder.globalTable('everywhere').queryableStoreName).toBe('everywhere-STATE-STORE-0000000006');
  });
});

describe('a grouping', () => {
  it('goes through a topic only if the key was changed, and shares one that is named', () => {
    const builder = new StreamsBuilder();
    const stream = builder.stream('in', texts);
    stream.groupByKey().count();
    const groups = stream.groupBy((value) => value, { as: 'by-value', ...texts });
    groups.count({ materialized: { as: 'n' } });
    groups.reduce((a, b) => a + b, { materialized: { as: 'all' } });
    const topology = builder.build();
    expect(topology.repartitionTopics).toEqual([{ name: 'by-value-repartition' }]);
    expect(
      topology.subTopologies.map(({ name, stores }) => [name, stores.map((store) => store.name)]),
    ).toEqual([
      ['in', [expect.stringContaining('STATE-STORE')]],
      ['by-value', ['n', 'all']],
    ]);
  });

  it('counts records that it leaves out, and begins anew where the aggregate became null', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', texts)
      .groupByKey()
      .aggregate<string>(
        () => '',
        (all, value) => (value === 'x' ? null : all + value),
        { materialized: { ...texts, as: 'rows' } },
      )
      .toStream()
      .to('out', texts);
    const driver = new TopologyTestDriver(builder.build(), { initialWallClockMs: 0 });
    const pipe = (key: string | null, value: string | null) =>
      driver.pipe({
        topic: 'in',
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestamp: 1,
      });
    for (const value of ['a', 'b', 'x', 'c']) await pipe('k', value);
    await pipe(null, 'a');
    await pipe('k', null);
    expect(driver.readOutput('out').map(({ value }) => value?.toString())).toEqual([
      'a',
      'ab',
      undefined,
      'c',
    ]);
    expect([...driver.droppedBy]).toEqual([
      ['null-key', 1],
      ['null-value', 1],
    ]);
    await driver.close();
  });
});

describe('longSerde', () => {
  it('writes what Kafka’s LongSerializer writes, and refuses what is no long', () => {
    for (const value of [0, 1, -1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const bytes = longSerde.serialize('t', value);
      expect(bytes?.readBigInt64BE()).toBe(BigInt(value));
      expect(longSerde.deserialize('t', bytes)).toBe(value);
    }
    expect(longSerde.serialize('t', null)).toBeNull();
    expect(() => longSerde.serialize('t', 0.5)).toThrow('safe integer; got 0.5');
    expect(() => longSerde.deserialize('t', Buffer.alloc(4))).toThrow('8 bytes; got 4');
    expect(() => longSerde.deserialize('t', Buffer.alloc(8, 0x7f))).toThrow('more than a number can hold');
  });
});
