import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  StreamsBuilder,
  StreamsError,
  stringSerde,
  TopologyTestDriver,
} from '../../../src/topology/index.ts';

/** What flows through these topologies: text, as stringSerde has it. */
type Text = string | null;
const text = { key: stringSerde, value: stringSerde };
const bytes = (value: string) => Buffer.from(value);
const outputsOf = (driver: TopologyTestDriver, topic = 'out') =>
  driver.readOutput(topic).map((record) => record.value?.toString());

/** Pipes all values without waiting for any. */
function pipeAll(driver: TopologyTestDriver, values: readonly string[]): Promise<unknown> {
  return Promise.all(
    values.map((value) => driver.pipe({ topic: 'in', key: null, value: bytes(value), timestamp: 1 })),
  );
}

describe('mapAsync', () => {
  it('runs the work of many records at once and gives results in the order of the records', async () => {
    const builder = new StreamsBuilder();
    let running = 0;
    let most = 0;
    builder
      .stream('in', text)
      .mapAsync(
        async (value): Promise<Text> => {
          most = Math.max(most, ++running);
          await delay(value === 'a' ? 40 : 5);
          running--;
          return `${value}!`;
        },
        { concurrency: 3 },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    await pipeAll(driver, ['a', 'b', 'c', 'd', 'e']);
    expect(outputsOf(driver)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
    expect(most).toBe(3);
    await driver.close();
  });

  it('lets effects happen in turn only, however early the work behind them has ended', async () => {
    const builder = new StreamsBuilder();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    builder
      .stream('in', text)
      .peek((value) => seen.push(`before ${value}`))
      .mapAsync(
        async (value): Promise<Text> => {
          seen.push(`work ${value}`);
          if (value === 'a') await first.promise;
          return value;
        },
        { concurrency: 8 },
      )
      .peek((value) => seen.push(`after ${value}`))
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    const all = pipeAll(driver, ['a', 'b']);
    await delay(20);
    expect(seen).toEqual(['work a', 'work b']);
    expect(outputsOf(driver)).toEqual([]);
    first.resolve();
    await all;
    expect(seen).toEqual(['work a', 'work b', 'before a', 'after a', 'before b', 'after b']);
    await driver.close();
  });

  it('keeps depth-first order where one record takes a quick and a slow path', async () => {
    const builder = new StreamsBuilder();
    const source = builder.stream('in', text);
    source
      .mapAsync(async (value): Promise<Text> => delay(20, `slow ${value}`), { concurrency: 2 })
      .to('out', text);
    source.mapValues((value): Text => `quick ${value}`).to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    await pipeAll(driver, ['a', 'b']);
    expect(outputsOf(driver)).toEqual(['slow a', 'quick a', 'slow b', 'quick b']);
    await driver.close();
  });

  it('is right behind a process(), one record after another', async () => {
    const builder = new StreamsBuilder();
    let count = 0;
    let running = 0;
    let most = 0;
    builder
      .stream('in', text)
      .processValues(() => {
        let forward: (value: string) => void = () => {};
        return {
          init: (context) => {
            forward = (value) => context.forward({ key: null, value, timestamp: 1, headers: [] });
          },
          process: (record) => forward(`${record.value}${++count}`),
        };
      })
      .mapAsync(
        async (value): Promise<Text> => {
          most = Math.max(most, ++running);
          await delay(5);
          running--;
          return String(value);
        },
        { concurrency: 4 },
      )
      .to('out', text);
    const topology = builder.build();
    expect(topology.warnings.join()).toContain('one record at a time');
    const driver = new TopologyTestDriver(topology);
    await pipeAll(driver, ['a', 'b', 'c']);
    expect(outputsOf(driver)).toEqual(['a1', 'b2', 'c3']);
    expect(most).toBe(1);
    await driver.close();
  });

  it('tries again in place when the error says retry, without overtaking', async () => {
    const builder = new StreamsBuilder();
    let attempts = 0;
    builder
      .stream('in', text)
      .mapAsync(
        async (value): Promise<Text> => {
          if (value === 'a' && ++attempts < 3) throw new StreamsError('S3_DOWN', 'retry', 'not now');
          return value;
        },
        { concurrency: 2 },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    await pipeAll(driver, ['a', 'b']);
    expect(outputsOf(driver)).toEqual(['a', 'b']);
    expect(attempts).toBe(3);
    await driver.close();
  });

  it('fires the signal at the time-out and recovers into a value', async () => {
    const builder = new StreamsBuilder();
    let aborted = false;
    builder
      .stream('in', text)
      .mapAsync(
        async (value, _key, { signal }): Promise<Text> => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          return value === 'hangs' ? new Promise<string>(() => {}) : `${value}`;
        },
        {
          concurrency: 1,
          timeoutMs: 20,
          recover: (error) => (error instanceof StreamsError ? error.code : 'other'),
        },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    await pipeAll(driver, ['hangs', 'fine']);
    expect(outputsOf(driver)).toEqual(['TIMEOUT', 'fine']);
    expect(aborted).toBe(true);
    await driver.close();
  });

  it('fails the task with an error that nobody recovers, and commits nothing of the record', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', text)
      .mapAsync(
        async (): Promise<Text> => {
          throw new Error('a bug');
        },
        { concurrency: 1 },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    await expect(pipeAll(driver, ['a'])).rejects.toThrow('a bug');
    expect(outputsOf(driver)).toEqual([]);
    await driver.close();
  });
});

describe('the byte budget', () => {
  it('never lets records reserve more than it has, but for the head of the line', async () => {
    const builder = new StreamsBuilder();
    let held = 0;
    let most = 0;
    builder
      .stream('in', text)
      .mapAsync(
        async (value, _key, context): Promise<Text> => {
          await context.reserve(400_000);
          held += 400_000;
          most = Math.max(most, held);
          await delay(5);
          held -= 400_000;
          return value;
        },
        { concurrency: 50, sizeOf: () => 100_000 },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build(), { memoryBudgetBytes: 1_000_000 });
    await pipeAll(
      driver,
      Array.from({ length: 40 }, (_, i) => `${i}`),
    );
    expect(outputsOf(driver)).toHaveLength(40);
    expect(most).toBeLessThanOrEqual(1_200_000);
    expect(most).toBeGreaterThanOrEqual(800_000);
    await driver.close();
  });

  it('does not deadlock when one record alone is larger than the budget', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', text)
      .mapAsync(
        async (value, _key, context): Promise<Text> => {
          await context.reserve(5_000_000);
          await delay(1);
          return value;
        },
        { concurrency: 4 },
      )
      .mapAsync(async (value) => value, { concurrency: 1 })
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build(), { memoryBudgetBytes: 1_000_000 });
    await pipeAll(driver, ['a', 'b', 'c', 'd', 'e', 'f']);
    expect(outputsOf(driver)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    await driver.close();
  });
});

describe('a full mapAsync', () => {
  it('stops the one upstream of it', async () => {
    const builder = new StreamsBuilder();
    let started = 0;
    const gate = Promise.withResolvers<void>();
    builder
      .stream('in', text)
      .mapAsync(
        async (value): Promise<Text> => {
          started++;
          return value;
        },
        { concurrency: 2 },
      )
      .mapAsync(
        async (value): Promise<Text> => {
          await gate.promise;
          return value;
        },
        { concurrency: 2 },
      )
      .to('out', text);
    const driver = new TopologyTestDriver(builder.build());
    const all = pipeAll(
      driver,
      Array.from({ length: 30 }, (_, i) => `${i}`),
    );
    await delay(20);
    expect(started).toBeLessThanOrEqual(6);
    gate.resolve();
    await all;
    expect(started).toBe(30);
    await driver.close();
  });
});

describe('an external sink', () => {
  it('gets only the records again that it named', async () => {
    const builder = new StreamsBuilder();
    const { SinkWriteError } = await import('../../../src/topology/index.ts');
    const writes: string[][] = [];
    builder.stream('in', text).to({
      name: 'firehose',
      write: async (batch) => {
        writes.push(batch.map((record) => String(record.value)));
        if (writes.length === 1) throw new SinkWriteError('half', [0]);
      },
    });
    const driver = new TopologyTestDriver(builder.build());
    await pipeAll(driver, ['a', 'b']);
    expect(writes).toEqual([['a'], ['a'], ['b']]);
    await driver.close();
  });
});
