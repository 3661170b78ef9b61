import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StreamsBuilder, stringSerde } from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { commitInterval } from '../../../src/topology/task/commit-interval.ts';
import { CommitLoop } from '../../../src/topology/task/commit-loop.ts';
import { createTaskRuntime } from '../../../src/topology/task/runtime.ts';
import { Task } from '../../../src/topology/task/task.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => {
  stop();
  vi.useRealTimers();
});
let stop = () => {};

/** A task whose calls end when they are told to, one at a time; `commits` has the records of each commit. */
function start(records: number) {
  const calls: (() => void)[] = [];
  const builder = new StreamsBuilder();
  builder
    .stream('in', { key: stringSerde, value: stringSerde })
    .mapAsync((value) => new Promise<typeof value>((resolve) => calls.push(() => resolve(value))), {
      as: 'work',
      concurrency: 1,
    })
    .to('out', { key: stringSerde, value: stringSerde });
  const [part] = builder.build().subTopologies;
  if (!part) throw new Error('no sub-topology was built');
  const runtime = createTaskRuntime([part], {
    memoryBudgetBytes: 1_000_000,
    nowMs: Date.now,
    maxStagedRecords: 100,
    maxStagedBytes: 1_000_000,
    maxTaskIdleMs: 0,
    clockMoves: false,
  });
  const task = new Task({
    id: '0_0',
    nodes: part.nodes,
    stores: [],
    storage: new MemoryStorage(),
    runtime,
    partitions: [{ topic: 'in', partition: 0, startOffset: 0 }],
    onStaged: () => loop.notify(),
    onFailure: (error) => {
      throw error;
    },
  });
  const commits: number[] = [];
  const loop = new CommitLoop({
    task,
    committer: {
      async commit({ outputs }) {
        commits.push(outputs.length);
        return new Map();
      },
    },
    commitIntervalMs: commitInterval(runtime, { commitIntervalMs: 100, busyCommitIntervalMs: 500 }),
    nowMs: Date.now,
    onCommitted: () => {},
    onSinkTrouble: () => {},
  });
  stop = () => {
    task.drop();
    loop.stop();
  };
  task.push(
    Array.from({ length: records }, (_, offset) => ({
      ...{ topic: 'in', partition: 0, offset, timestamp: 0, headers: [] },
      ...{ key: Buffer.from('k'), value: Buffer.from(`${offset}`) },
    })),
  );
  /** Ends the call that runs. */
  const endCall = async () => {
    await vi.advanceTimersByTimeAsync(0);
    const end = calls.shift() ?? expect.fail('no call runs');
    end();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { commits, endCall };
}

it('commits after the interval while no call waits for another', async () => {
  const { commits, endCall } = start(1);
  await endCall();
  await vi.advanceTimersByTimeAsync(90);
  expect(commits).toEqual([]);
  await vi.advanceTimersByTimeAsync(20);
  expect(commits).toEqual([1]);
});

it('lets effects wait for each other for longer while calls wait', async () => {
  const { commits, endCall } = start(4);
  await endCall();
  await vi.advanceTimersByTimeAsync(300);
  await endCall();
  await vi.advanceTimersByTimeAsync(190);
  expect(commits).toEqual([]);
  await vi.advanceTimersByTimeAsync(20);
  expect(commits).toEqual([2]);
});

it('ends the longer wait soon after the last call has begun', async () => {
  const { commits, endCall } = start(3);
  await endCall();
  await vi.advanceTimersByTimeAsync(200);
  expect(commits).toEqual([]);
  await endCall();
  await vi.advanceTimersByTimeAsync(60);
  expect(commits).toEqual([2]);
});
