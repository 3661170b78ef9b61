import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StreamsBuilder, stringSerde, TopologyTestDriver } from '../../../src/topology/index.ts';
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
});
