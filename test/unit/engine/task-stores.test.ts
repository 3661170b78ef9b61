import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../../src/topology/graph/nodes.ts';
import type { StoreSpec, TaskStorage } from '../../../src/topology/stores/bytes.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { createTaskRuntime, type TaskRuntimeOptions } from '../../../src/topology/task/runtime.ts';
import type { StagedBatch } from '../../../src/topology/task/stage.ts';
import { Task, type TaskOptions } from '../../../src/topology/task/task.ts';
import {
  type Behaviour,
  consumed,
  counting,
  mapAsync,
  processor,
  sink,
  source,
  textStore,
  topologyOf,
} from '../../support/graph-lab.ts';

const counts = textStore('counts');
const countNodes = [
  source('in', 'in'),
  processor('count', ['in'], counting(counts), [counts]),
  sink('s', ['count'], 'out'),
];

interface Given {
  readonly storage?: TaskStorage;
  readonly stores?: readonly StoreSpec[];
  readonly runtime?: Partial<TaskRuntimeOptions>;
  readonly task?: Partial<TaskOptions>;
}

function open(nodes: readonly NodeSpec[], given: Given = {}) {
  const { storage = new MemoryStorage(), stores = [counts] } = given;
  const { subTopologies } = topologyOf(nodes, stores);
  const runtime = createTaskRuntime(subTopologies, {
    memoryBudgetBytes: 1_000_000,
    nowMs: () => 0,
    maxStagedRecords: 1_000,
    maxStagedBytes: 1_000_000,
    maxTaskIdleMs: 0,
    clockMoves: false,
    ...given.runtime,
  });
  const failures: unknown[] = [];
  const task = new Task({
    id: '0_0',
    nodes,
    runtime,
    storage,
    stores,
    partitions: [{ topic: 'in', partition: 0, startOffset: 0 }],
    onStaged: () => {},
    onFailure: (error) => failures.push(error),
    ...given.task,
  });
  return { task, storage, failures };
}

const writesOf = (batch: StagedBatch) =>
  batch.writes.map(({ store, key, value, timestamp }) => `${store} ${key}=${value}@${timestamp}`);
const rowsOf = (storage: TaskStorage) =>
  [...storage.rows('counts').range(null, null)].map(([key, value]) => `${key}=${value}`);
/** `task.store` of the store that these tests count in. */
const inTask = (task: Task) => [...counts.narrow(task.store('counts') ?? { name: '' }).all()];
const NONE = new Map<string, number>();

describe('a store of a task', () => {
  it('hands a batch the last write to each row, with the time of its record', () => {
    const { task } = open(countNodes);
    task.push([
      consumed('in', 0, 'a', 'x', 5),
      consumed('in', 1, 'b', 'x', 6),
      consumed('in', 2, 'a', 'x', 4),
    ]);
    const batch = task.take();
    expect(writesOf(batch)).toEqual(['counts b=1@6', 'counts a=2@4']);
    expect(batch.outputs.map(({ value }) => String(value))).toEqual(['1', '1', '2']);
    expect(writesOf(task.take())).toEqual([]);
  });

  it('is read with what is not committed, and is in the storage only once the commit has succeeded', () => {
    const { task, storage } = open(countNodes);
    task.push([consumed('in', 0, 'a', 'x', 5)]);
    const first = task.take();
    task.push([consumed('in', 1, 'a', 'x', 6)]);
    expect(inTask(task)).toEqual([{ key: 'a', value: '2' }]);
    expect(rowsOf(storage)).toEqual([]);
    task.committed(first, new Map([['counts', 7]]));
    expect(rowsOf(storage)).toEqual(['a=1']);
    expect(storage.position('counts')).toBe(7);
    expect(inTask(task)).toEqual([{ key: 'a', value: '2' }]);
    task.committed(task.take(), new Map([['counts', 8]]));
    expect(rowsOf(storage)).toEqual(['a=2']);
  });

  it('loses what was not committed when the task is dropped, and nothing else', () => {
    const first = open(countNodes);
    first.task.push([consumed('in', 0, 'a', 'x', 5)]);
    first.task.committed(first.task.take(), NONE);
    first.task.push([consumed('in', 1, 'a', 'x', 6)]);
    first.task.take();
    first.task.drop();
    const second = open(countNodes, { storage: first.storage });
    second.task.push([consumed('in', 1, 'a', 'x', 6)]);
    expect(second.task.take().outputs.map(({ value }) => String(value))).toEqual(['2']);
  });

  it('keeps the writes of a record out of the batch as long as its turn is not over', async () => {
    const done = Promise.withResolvers<void>();
    const { task } = open([
      source('in', 'in'),
      processor('count', ['in'], counting(counts), [counts]),
      mapAsync('slow', ['count'], async (value) => {
        if (value === '2') await done.promise;
        return value;
      }),
      processor('again', ['slow'], counting(counts), [counts]),
      sink('s', ['again'], 'out'),
    ]);
    task.push([consumed('in', 0, 'a', 'x', 5), consumed('in', 1, 'b', 'x', 6)]);
    await delay(1);
    expect(writesOf(task.take())).toEqual(['counts a=2@5', 'counts b=2@6']);
    task.push([consumed('in', 2, 'a', 'x', 9)]);
    await delay(1);
    const second = task.take();
    expect([writesOf(second), second.positions]).toEqual([
      ['counts a=4@9'],
      [{ topic: 'in', partition: 0, from: 2, to: 3 }],
    ]);
    done.resolve();
  });

  it('is reached by name only where the processor names it', () => {
    const other = textStore('other');
    const nodes = [source('in', 'in'), processor('p', ['in'], counting(other), [counts])];
    expect(() => open(nodes, { stores: [counts, other] })).toThrow(
      'p asks for the store "other", but it is connected only to counts',
    );
  });

  it('may be a global one for any processor', () => {
    const { store: table } = globalText();
    const nodes = [
      source('in', 'in'),
      processor('p', ['in'], () => {
        let found: { get(key: string | null): string | null } | undefined;
        return {
          init(context) {
            found = context.getStateStore(counts);
          },
          process: (record, context) => context.forward({ ...record, value: found?.get(record.key) ?? null }),
        };
      }),
      sink('s', ['p'], 'out'),
    ];
    const { task } = open(nodes, { stores: [], runtime: { globals: () => table } });
    task.push([consumed('in', 0, 'a', 'x', 5)]);
    expect(task.take().outputs.map(({ value }) => String(value))).toEqual(['global a']);
  });
});

/** A table with a value for every key. */
function globalText() {
  const storage = new MemoryStorage();
  storage.apply(
    [{ store: 'counts', key: Buffer.from('a'), value: Buffer.from('global a'), timestamp: 0 }],
    NONE,
  );
  const rows = storage.rows('counts');
  const bytes = {
    get: rows.get.bind(rows),
    range: rows.range.bind(rows),
    put: () => {},
    dropBelow: () => {},
  };
  return { store: counts.open({ bytes, clock: { timeMs: -1, advance: () => {} } }) };
}

describe('writes that are not committed', () => {
  it('make the stage full when they hold too much, until their commit has succeeded', async () => {
    const { task, storage } = open(countNodes, { runtime: { maxOverlayBytes: 2_000 } });
    const records = Array.from({ length: 50 }, (_, i) => consumed('in', i, `key ${i}`, 'x', i));
    task.push(records);
    expect(task.stageFull).toBe(true);
    let done = 0;
    for (let commits = 0; done < 50; commits++) {
      expect(commits).toBeLessThan(20);
      const batch = task.take();
      await delay(0);
      expect(task.staged.turns).toBe(0); // nothing goes on while the overlay holds it all
      task.committed(batch, NONE);
      done += batch.records;
      expect(batch.records).toBeLessThan(20);
      await delay(0);
    }
    expect(rowsOf(storage)).toHaveLength(50);
  });

  it('never stop a turn that has begun: its commit could not begin before it ends', async () => {
    const { task } = open(
      [
        source('in', 'in'),
        processor('count', ['in'], counting(counts), [counts]),
        mapAsync('slow', ['count'], async (value) => delay(5, value)),
        sink('s', ['slow'], 'out'),
      ],
      { runtime: { maxOverlayBytes: 1 } },
    );
    task.push([consumed('in', 0, 'a', 'x', 5)]);
    await delay(30);
    expect(task.staged.turns).toBe(1);
  });
});

describe('times', () => {
  it('are in the batch as of its last whole record, and go on from there', async () => {
    const gate = Promise.withResolvers<void>();
    const clocked = (): Behaviour => ({
      process(record, context) {
        context.clock('windows').advance(record.timestamp - 1);
        context.forward(record);
      },
    });
    const nodes = [
      source('in', 'in'),
      processor('p', ['in'], clocked),
      mapAsync('slow', ['p'], async (value) => {
        if (value === 'waits') await gate.promise;
        return value;
      }),
      sink('s', ['slow'], 'out'),
    ];
    const { task } = open(nodes, {
      stores: [],
      task: {
        streamTimeMs: 3,
        clocks: new Map([
          ['windows', 2],
          ['elsewhere', 1],
        ]),
        partitionTimesMs: new Map([['in-0', 3]]),
      },
    });
    expect(task.streamTimeMs).toBe(3);
    task.push([consumed('in', 0, 'a', 'goes', 10), consumed('in', 1, 'a', 'waits', 20)]);
    await delay(5);
    expect(task.streamTimeMs).toBe(20);
    const { streamTimeMs, clocks, partitionTimesMs } = task.take();
    expect({ streamTimeMs, clocks: [...clocks], partitionTimesMs: [...partitionTimesMs] }).toEqual({
      streamTimeMs: 10,
      clocks: [
        ['windows', 9],
        ['elsewhere', 1],
      ],
      partitionTimesMs: [['in-0', 10]],
    });
    gate.resolve();
    await delay(5);
    expect([...task.take().clocks]).toContainEqual(['windows', 19]);
  });

  it('of windowed nodes and stores that are no more are not committed again, all others are', () => {
    const kept = [
      ['counts', 1],
      ['count/observed', 2],
      ['count/emitted', 3],
      ['asked-for-later', 4],
      ['own/clock', 5],
    ] as const;
    const gone = [
      ['KSTREAM-AGGREGATE-0000000003/observed', 6],
      ['former-count/emitted', 7],
      ['KSTREAM-AGGREGATE-STATE-STORE-0000000002', 8],
      ['KSTREAM-JOINTHIS-0000000004-store', 9],
    ] as const;
    const { task } = open(countNodes, { task: { streamTimeMs: 10, clocks: new Map([...gone, ...kept]) } });
    expect([...task.take().clocks].toSorted()).toEqual(kept.toSorted());
  });

  it('of the partition reach the timestamp extractor after a takeover', () => {
    const seen: number[] = [];
    const extracting: NodeSpec = {
      ...source('in', 'in'),
      timestampExtractor: (record, partitionTime) => {
        seen.push(partitionTime);
        return record.timestamp;
      },
    };
    const { task } = open([extracting, sink('s', ['in'], 'out')], {
      stores: [],
      task: { partitionTimesMs: new Map([['in-0', 42]]) },
    });
    task.push([consumed('in', 0, 'a', 'x', 50), consumed('in', 1, 'a', 'x', 45)]);
    expect(seen).toEqual([42, 50]);
  });

  it('that idle input moves are committed without any record', () => {
    const { task } = open(countNodes);
    task.advanceStreamTime(77);
    expect(task.staged.turns).toBe(1);
    const batch = task.take();
    expect([batch.streamTimeMs, batch.positions, batch.records]).toEqual([77, [], 0]);
  });
});
