import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  type StreamsBuilder as Builder,
  otherwise,
  StreamsBuilder,
  stringSerde,
} from '../../../src/topology/index.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';

/** Pipes one record a value, all with one key, and returns what comes out of each topic. */
async function run(make: (builder: Builder) => void, values: readonly string[], key: string | null = 'k') {
  const builder = new StreamsBuilder();
  make(builder);
  const driver = new TopologyTestDriver(builder.build(), { initialWallClockMs: 0 });
  try {
    const bytes = key === null ? null : Buffer.from(key);
    await Promise.all(
      values.map((value) =>
        driver.pipe({ topic: 'in', key: bytes, value: Buffer.from(value), timestamp: 7 }),
      ),
    );
    return Object.fromEntries(
      driver
        .outputTopics()
        .map((topic) => [topic, driver.readOutput(topic).map((record) => `${record.key}=${record.value}`)]),
    );
  } finally {
    await driver.close();
  }
}

const texts = { key: stringSerde, value: stringSerde };

describe('serdes', () => {
  it('flow down until an operator changes the type', async () => {
    const outputs = await run(
      (builder) => {
        const stream = builder.stream('in', texts);
        stream
          .filter(() => true)
          .peek(() => {})
          .merge(stream.filterNot(() => true))
          .to('same');
        stream
          .mapValues((value) => value?.length ?? 0)
          .to('given', {
            value: { serialize: (_topic, n) => Buffer.from(`${n}!`), deserialize: () => 0 },
          });
      },
      ['abc'],
    );
    expect(outputs).toEqual({ same: ['k=abc'], given: ['k=3!'] });
  });

  it('are asked for by name when one is missing', async () => {
    const running = run(
      (builder) =>
        builder
          .stream('in', texts)
          .mapValues(() => 42)
          .to('out', { as: 'sink' }),
      ['a'],
    );
    await expect(running).rejects.toThrow(
      /"sink" writes to out and knows no value serde, but the value is of type number/,
    );
  });
});

describe('split', () => {
  it('sends each record to the first branch that takes it, by name', async () => {
    const outputs = await run(
      (builder) => {
        const branches = builder.stream('in', texts).split({
          a: (value) => value === 'a',
          letters: (value) => /[a-z]/.test(value ?? ''),
          rest: otherwise,
        });
        branches.a.to('a');
        branches.letters.to('letters');
        branches.rest.to('rest');
      },
      ['a', '1', 'b'],
    );
    expect(outputs).toEqual({ a: ['k=a'], letters: ['k=b'], rest: ['k=1'] });
  });

  it('keeps "otherwise" last, wherever it stands', async () => {
    const outputs = await run(
      (builder) => {
        const { rest, a } = builder
          .stream('in', texts)
          .split({ rest: otherwise, a: (value) => value === 'a' });
        rest.to('rest');
        a.to('a');
      },
      ['a', 'b'],
    );
    expect(outputs).toEqual({ a: ['k=a'], rest: ['k=b'] });
  });
});

describe('mapAsync', () => {
  it('gives results in order, and recovers', async () => {
    const outputs = await run(
      (builder) =>
        builder
          .stream('in', texts)
          .mapAsync(
            async (value) => {
              if (value === 'bad') throw new Error('no');
              await new Promise((resolve) => setTimeout(resolve, value === 'slow' ? 20 : 1));
              return `${value}.`;
            },
            { concurrency: 'cores', recover: (error, value, key) => `${key}/${value}/${error}` },
          )
          .to('out', { value: stringSerde }),
      ['slow', 'bad', 'quick'],
    );
    expect(outputs).toEqual({ out: ['k=slow.', 'k=k/bad/Error: no', 'k=quick.'] });
  });

  it("resolves 'cores' to what the machine has", () => {
    const builder = new StreamsBuilder();
    builder.stream('in').mapAsync(async (value) => value, { as: 'work', concurrency: 'cores' });
    const nodes = builder.build().subTopologies.flatMap((part) => part.nodes);
    const work = nodes.find((node) => node.name === 'work');
    expect(work?.kind === 'processor' && work.operator).toMatchObject({
      concurrency: availableParallelism(),
    });
  });
});

describe('repartition', () => {
  it('takes a new key, and drops records without one', async () => {
    const outputs = await run(
      (builder) =>
        builder
          .stream('in', texts)
          .repartition({ as: 'by-first', by: (value) => value?.[0] ?? null, key: stringSerde })
          .to('out'),
      ['apple', '', 'bee'],
    );
    expect(outputs.out).toEqual(['a=apple', 'b=bee']);
  });
});

describe('process', () => {
  it('runs in turn with the record’s place, and processValues refuses another key', async () => {
    const relay = (key: string) => () => {
      let forward: (value: string) => void = () => {};
      return {
        init(context: {
          forward(record: object): void;
          recordMetadata(): { topic: string; offset: number };
        }) {
          forward = (value) => {
            const { topic, offset } = context.recordMetadata();
            context.forward({ key, value: `${value}@${topic}/${offset}`, timestamp: 0, headers: [] });
          };
        },
        process: (record: { value: string | null }) => forward(record.value ?? ''),
      };
    };
    const outputs = await run(
      (builder) => builder.stream('in', texts).process<string, string>(relay('other')).to('out', texts),
      ['a', 'b'],
    );
    expect(outputs).toEqual({ out: ['other=a@in/0', 'other=b@in/1'] });
    const refused = run(
      (builder) =>
        builder.stream('in', texts).processValues<string>(relay('other'), { as: 'keep' }).to('out', texts),
      ['a'],
    );
    await expect(refused).rejects.toThrow(/processValues "keep" forwarded a record with another key/);
  });
});

describe('to', () => {
  it('chooses topics, partitions and external sinks, value first', async () => {
    const written: unknown[] = [];
    const builder = new StreamsBuilder();
    const stream = builder.stream('in', texts);
    stream.to({ name: 'by-value', extract: (value, key, context) => `${value}-${key}-${context.topic}` });
    stream.to('partitioned', {
      partitioner: (value, key, partitions) => Number(`${value}${key}`.length) % partitions,
    });
    stream.to({
      name: 'list',
      async write(batch) {
        written.push(...batch.map((record) => [record.key, record.value, record.context.offset]));
      },
    });
    const topology = builder.build();
    const sink = topology.subTopologies
      .flatMap((part) => part.nodes)
      .find((node) => node.kind === 'sink' && node.topic === 'partitioned');
    expect(sink?.kind === 'sink' && sink.partitioner?.('key', 'v', 3)).toBe(1);
    const driver = new TopologyTestDriver(topology);
    await driver.pipe({ topic: 'in', key: Buffer.from('k'), value: Buffer.from('v') });
    expect(driver.outputTopics().toSorted()).toEqual(['partitioned', 'v-k-in']);
    expect(written).toEqual([['k', 'v', 0]]);
    await driver.close();
  });
});
