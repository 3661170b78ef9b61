import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type ProcessorContext,
  StreamsBuilder,
  stringSerde,
  TopologyTestDriver,
  timeWindows,
} from '../../../src/topology/index.ts';
import { createTaskRuntime } from '../../../src/topology/task/runtime.ts';
import { Task } from '../../../src/topology/task/task.ts';

const text = { key: stringSerde, value: stringSerde };
const consumed = (topic: string, offset: number, timestamp: number) => ({
  topic,
  partition: 0,
  offset,
  timestamp,
  key: null,
  value: Buffer.from(`${topic}${offset}`),
  headers: [],
});

/** A task over the topics a and b that notes the order in which records are chosen. */
function twoTopics(maxTaskIdleMs: number) {
  const builder = new StreamsBuilder();
  const order: string[] = [];
  builder.stream(['a', 'b'], text).foreach((value) => order.push(value ?? ''));
  const { subTopologies } = builder.build();
  const runtime = createTaskRuntime(subTopologies, {
    memoryBudgetBytes: 1_000_000,
    nowMs: Date.now,
    maxStagedRecords: 100,
    maxStagedBytes: 1_000_000,
    maxTaskIdleMs,
  });
  const task = new Task({
    id: '0_0',
    nodes: subTopologies[0]?.nodes ?? [],
    runtime,
    partitions: [
      { topic: 'a', partition: 0, startOffset: 0 },
      { topic: 'b', partition: 0, startOffset: 0 },
    ],
    onStaged: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
  return { task, order, runtime };
}

describe('a task with two partitions', () => {
  it('takes the earliest record first', () => {
    const { task, order } = twoTopics(60_000);
    task.push([consumed('a', 0, 10), consumed('a', 1, 30)]);
    task.push([consumed('b', 0, 20), consumed('b', 1, 40)]);
    expect(order).toEqual(['a0', 'b0', 'a1']);
    task.drop();
  });

  it('waits for the empty one as long as it was told, then goes on', async () => {
    const { task, order } = twoTopics(50);
    task.push([consumed('a', 0, 10)]);
    expect(order).toEqual([]);
    await delay(80);
    expect(order).toEqual(['a0']);
    task.drop();
  });

  it('does not wait without being told', () => {
    const { task, order } = twoTopics(0);
    task.push([consumed('a', 0, 10)]);
    task.push([consumed('b', 0, 5)]);
    expect(order).toEqual(['a0', 'b0']);
    task.drop();
  });

  it('gives back all bytes when it is dropped', () => {
    const { task, runtime } = twoTopics(60_000);
    task.push([consumed('a', 0, 10), consumed('a', 1, 11)]);
    expect(runtime.budget.usedBytes).toBeGreaterThan(0);
    task.drop();
    expect(runtime.budget.usedBytes).toBe(0);
  });
});

describe('timestamps', () => {
  it('that are negative fail the task, unless an extractor says to leave such records out', async () => {
    const pipe = (driver: TopologyTestDriver) =>
      driver.pipe({ topic: 'in', key: null, value: Buffer.from('x'), timestamp: -1 });
    const strict = new StreamsBuilder();
    strict.stream('in', text).to('out');
    await expect(pipe(new TopologyTestDriver(strict.build()))).rejects.toThrow(/in-0@0 has the timestamp -1/);
    const lenient = new StreamsBuilder();
    lenient.stream('in', { ...text, timestampExtractor: (record) => record.timestamp }).to('out');
    const driver = new TopologyTestDriver(lenient.build());
    await pipe(driver);
    expect(driver.readOutput('out')).toEqual([]);
    await driver.close();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1100.5, 2 ** 63])(
    'that are %d by an extractor are refused before they move any time, and the handler is asked',
    async (bad) => {
      const seen: unknown[] = [];
      const builder = new StreamsBuilder();
      const partitionTimes: number[] = [];
      const timestampExtractor = (record: { readonly value: string | null }, partitionTime: number) => {
        partitionTimes.push(partitionTime);
        return record.value === 'bad' ? bad : 7;
      };
      const stream = builder.stream('in', { ...text, timestampExtractor });
      stream.to('out');
      stream
        .groupByKey()
        .windowedBy(timeWindows({ sizeMs: 10, graceMs: 0 }))
        .count();
      const driver = new TopologyTestDriver(builder.build(), {
        deadLetterTopic: 'letters',
        handlers: {
          deserialization: ({ error, node }) => {
            seen.push([error, node]);
            return 'dead-letter';
          },
        },
      });
      const pipe = (value: string) =>
        driver.pipe({ topic: 'in', key: Buffer.from('k'), value: Buffer.from(value), timestamp: 3 });
      await Promise.all([pipe('a'), pipe('bad'), pipe('b')]);
      expect(driver.readOutput('out').map(({ value, timestamp }) => [String(value), timestamp])).toEqual([
        ['a', 7],
        ['b', 7],
      ]);
      expect(partitionTimes).toEqual([-1, 7, 7]);
      expect(seen).toEqual([
        [
          expect.objectContaining({ code: 'TIMESTAMP_INVALID', disposition: 'fail' }),
          'KSTREAM-SOURCE-0000000000',
        ],
      ]);
      expect(driver.readOutput('letters').map(({ value }) => String(value))).toEqual(['bad']);
      await driver.close();
    },
  );

  it('that an extractor makes of bad text fail the task, with the record and what to do', async () => {
    const builder = new StreamsBuilder();
    const timestampExtractor = (record: { readonly value: string | null }) => Date.parse(record.value ?? '');
    builder.stream('in', { ...text, as: 'orders', timestampExtractor }).to('out');
    const driver = new TopologyTestDriver(builder.build());
    await expect(
      driver.pipe({ topic: 'in', key: null, value: Buffer.from('yesterday'), timestamp: 3 }),
    ).rejects.toThrow(/timestampExtractor of orders gave in-0@0 the timestamp NaN, which is no whole number/);
  });

  it.each([-5, Number.NaN, Number.POSITIVE_INFINITY, 1.5])(
    'that are %d by forward fail in the turn of their record, not at who reads them back',
    async (bad) => {
      const builder = new StreamsBuilder();
      builder
        .stream('in', text)
        .process<string, string>(
          () => {
            let context: ProcessorContext<string, string> | undefined;
            return {
              init(given) {
                context = given;
              },
              process({ key, value, timestamp, headers }) {
                if (key === null || value === null) return;
                context?.forward({ key, value, timestamp: value === 'bad' ? bad : timestamp, headers });
              },
            };
          },
          { as: 'shift' },
        )
        .groupByKey({ key: stringSerde, value: stringSerde })
        .count()
        .toStream()
        .to('out');
      const failures: unknown[] = [];
      const driver = new TopologyTestDriver(builder.build(), {
        deadLetterTopic: 'letters',
        handlers: {
          processing: ({ error, node }) => {
            failures.push([error, node]);
            return 'dead-letter';
          },
        },
      });
      for (const value of ['bad', 'good'])
        await driver.pipe({ topic: 'in', key: Buffer.from('k'), value: Buffer.from(value), timestamp: 3 });
      expect(driver.readOutput('out').map(({ timestamp }) => timestamp)).toEqual([3]);
      expect(failures).toEqual([[expect.objectContaining({ code: 'TIMESTAMP_INVALID' }), 'shift']]);
      expect(driver.readOutput('letters')).toHaveLength(1);
      await driver.close();
    },
  );

  it('of other writers that are beyond 2^53 pass, for topics do hold them', async () => {
    const nanoseconds = 1_700_000_000_000_000_000;
    const builder = new StreamsBuilder();
    builder.stream('in', text).groupByKey().count().toStream().to('out');
    const driver = new TopologyTestDriver(builder.build());
    await driver.pipe({
      topic: 'in',
      key: Buffer.from('k'),
      value: Buffer.from('x'),
      timestamp: nanoseconds,
    });
    expect(driver.readOutput('out').map(({ timestamp }) => timestamp)).toEqual([nanoseconds]);
    await driver.close();
  });
});
