import { describe, expect, it } from 'vitest';
import { type StreamsBuilder as Builder, joinWindows, StreamsBuilder } from '../../../src/topology/index.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';
import { type Input, outputs, texts } from './lab.ts';

const pair = (left: string | null, right: string | null) => `${left}+${right}`;
const windows = joinWindows({ beforeMs: 5, afterMs: 5, graceMs: 0 });

type Join = 'join' | 'leftJoin' | 'outerJoin';

const joined =
  (join: Join, spans = windows) =>
  (builder: Builder) => {
    const [left, right] = [builder.stream('left', texts), builder.stream('right', texts)];
    const pairs = {
      join: () => left.join(right, pair, spans),
      leftJoin: () => left.leftJoin(right, pair, spans),
      outerJoin: () => left.outerJoin(right, pair, spans),
    };
    pairs[join]().to('out', texts);
  };

describe('a join of two streams', () => {
  it('pairs records of one key within the window, both ends included, in order of time', async () => {
    const inputs: Input[] = [
      ['left', 'k', 'a', 10],
      ['right', 'k', 'too early', 4],
      ['right', 'other key', 'x', 10],
      ['right', 'k', 'last', 15],
      ['right', 'k', 'first', 5, 'of the right'],
      ['left', 'k', 'b', 10, 'of the left'],
    ];
    const grace = joinWindows({ beforeMs: 5, afterMs: 5, graceMs: 5 });
    expect(await outputs(joined('join', grace), inputs)).toEqual([
      [],
      [],
      [],
      ['k=a+last@15'],
      ['k=a+first@10 of the right'],
      ['k=b+first@10 of the left', 'k=b+last@15 of the left'],
    ]);
  });

  it('may want the right record only after the left one', async () => {
    const after = joinWindows({ beforeMs: -1, afterMs: 5, graceMs: 0 });
    const inputs: Input[] = [
      ['left', 'k', 'a', 10],
      ['right', 'k', 'at once', 10],
      ['right', 'k', 'later', 11],
    ];
    expect(await outputs(joined('join', after), inputs)).toEqual([[], [], ['k=a+later@11']]);
  });

  it('leaves out records without a value, and inner ones without a key', async () => {
    const inputs: Input[] = [
      ['left', 'k', null, 1],
      ['left', null, 'a', 1],
      ['right', 'k', 'b', 1],
    ];
    expect(await outputs(joined('join'), inputs)).toEqual([[], [], []]);
  });

  it('pairs a stream with itself, each record with itself too', async () => {
    const self = (builder: Builder) => {
      const stream = builder.stream('left', texts);
      stream.join(stream, pair, windows).to('out', texts);
    };
    const inputs: Input[] = [
      ['left', 'k', 'a', 1],
      ['left', 'k', 'b', 2],
    ];
    expect(await outputs(self, inputs)).toEqual([['k=a+a@1'], ['k=b+a@2', 'k=a+b@2', 'k=b+b@2']]);
  });

  it('meets late records for as long as their partners are kept', async () => {
    const grace = joinWindows({ beforeMs: 5, afterMs: 5, graceMs: 100_000 });
    const inputs: Input[] = [
      ['left', 'k', 'a', 1],
      ['left', 'k', 'much later', 50_000],
      ['right', 'k', 'late', 2],
    ];
    expect((await outputs(joined('join', grace), inputs)).at(-1)).toEqual(['k=a+late@2']);
  });
});

describe('a left join of two streams', () => {
  it('sends a record out alone once its window and grace are over, by the record that shows it', async () => {
    const grace = joinWindows({ beforeMs: 5, afterMs: 5, graceMs: 2 });
    const inputs: Input[] = [
      ['left', 'k', 'a', 10],
      ['right', 'x', '-', 17],
      ['right', 'x', '-', 18, 'of the cause'],
    ];
    expect(await outputs(joined('leftJoin', grace), inputs)).toEqual([[], [], ['k=a+null@10 of the cause']]);
  });

  it('does not send out alone what has found a partner', async () => {
    const inputs: Input[] = [
      ['left', 'k', 'a', 10],
      ['left', 'k', 'b', 10],
      ['right', 'k', 'p', 12],
      ['right', 'x', '-', 100],
    ];
    expect(await outputs(joined('leftJoin'), inputs)).toEqual([[], [], ['k=a+p@12', 'k=b+p@12'], []]);
  });

  it('sends a record out at once when its window was over before it came, and one without a key', async () => {
    const inputs: Input[] = [
      ['right', 'x', '-', 100],
      ['left', 'k', 'late', 94],
      ['left', null, 'a', 100],
      ['right', null, 'b', 100],
    ];
    expect(await outputs(joined('leftJoin'), inputs)).toEqual([
      [],
      ['k=late+null@94'],
      ['null=a+null@100'],
      [],
    ]);
  });
});

describe('an outer join of two streams', () => {
  it('sends records of both sides out alone: by time, the right first at one time, then by key', async () => {
    const inputs: Input[] = [
      ['left', 'l2', 'b', 3],
      ['left', 'l1', 'a', 3],
      ['right', 'r', 'c', 3],
      ['right', 'r', 'd', 2],
      ['left', 'x', '-', 100],
    ];
    expect((await outputs(joined('outerJoin'), inputs)).at(-1)).toEqual([
      'r=null+d@2',
      'r=null+c@3',
      'l1=a+null@3',
      'l2=b+null@3',
    ]);
  });
});

describe('joins on input that is idle', () => {
  it('send out what waits for a partner when stream time moves on without a record', async () => {
    const builder = new StreamsBuilder();
    joined('outerJoin')(builder);
    const driver = new TopologyTestDriver(builder.build(), { initialWallClockMs: 0 });
    const pipe = (topic: string, value: string, timestamp: number) =>
      driver.pipe({ topic, key: Buffer.from('k'), value: Buffer.from(value), timestamp });
    const read = () => driver.readOutput('out').map((out) => `${out.key}=${out.value}@${out.timestamp}`);
    try {
      await pipe('left', 'a', 10);
      await pipe('right', 'b', 16);
      await driver.advanceStreamTime(20);
      expect(read()).toEqual(['k=a+null@10']);
      await driver.advanceStreamTime(22);
      expect(read()).toEqual(['k=null+b@16']);
      await pipe('left', 'late', 16);
      expect(read()).toEqual(['k=late+b@16']);
      await pipe('left', 'later', 9);
      expect(read()).toEqual(['k=later+null@9']);
    } finally {
      await driver.close();
    }
  });
});

describe('joining streams by a new key', () => {
  it('goes through topics, which the join copartitions', () => {
    const builder = new StreamsBuilder();
    const left = builder.stream('left', texts).selectKey((value) => value, { as: 'by-value' });
    left
      .join(builder.stream('right', texts), pair, windows, { as: 'pairs', key: texts.key })
      .to('out', texts);
    const { subTopologies, repartitionTopics } = builder.build();
    expect(repartitionTopics.map(({ name }) => name)).toEqual(['pairs-left-repartition']);
    expect(
      subTopologies.map(({ copartitioned }) => copartitioned.map((topics) => topics.toSorted())),
    ).toEqual([[], [['pairs-left-repartition', 'right']]]);
  });

  it('keeps records without a key in left and outer joins, through the topic too', async () => {
    const make = (builder: Builder) =>
      builder
        .stream('left', texts)
        .selectKey((value) => value, { as: 'by-value' })
        .leftJoin(builder.stream('right', texts), pair, windows, { key: texts.key })
        .to('out', texts);
    const withoutKey = (builder: Builder) =>
      builder
        .stream('left', texts)
        .selectKey((): string | null => null)
        .leftJoin(builder.stream('right', texts), pair, windows, { key: texts.key })
        .to('out', texts);
    expect(
      await outputs(make, [
        ['right', 'a', 'p', 1],
        ['left', 'k', 'a', 1],
      ]),
    ).toEqual([[], ['a=a+p@1']]);
    expect(await outputs(withoutKey, [['left', 'k', 'a', 1]])).toEqual([['null=a+null@1']]);
  });
});

describe('mistakes', () => {
  it('are named: windows that are none, and streams of two builders', () => {
    expect(() => joinWindows({ beforeMs: -10, afterMs: 5, graceMs: 0 })).toThrow(
      /beforeMs \+ afterMs must be at least 0/,
    );
    expect(() => joinWindows({ beforeMs: 1, afterMs: 1.5, graceMs: -1 })).toThrow(
      /afterMs must be a whole number of milliseconds; got 1.5\n.*graceMs must be at least 0/,
    );
    const builder = new StreamsBuilder();
    const foreign = new StreamsBuilder().stream('right', texts);
    builder.stream('left', texts).join(foreign, pair, windows, { as: 'pairs' });
    expect(() => builder.build()).toThrow(/join "pairs": the other stream is of another StreamsBuilder/);
  });
});
