// Whatever the order in which work ends, records are fetched and commits succeed, fail or are never heard of, a topology does
// what a plain walk through its graph does, one record after another.
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../../src/topology/graph/nodes.ts';
import type { StoreWrite, TaskStorage } from '../../../src/topology/stores/bytes.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { CommitLoop } from '../../../src/topology/task/commit-loop.ts';
import { createTaskRuntime } from '../../../src/topology/task/runtime.ts';
import type { StagedBatch } from '../../../src/topology/task/stage.ts';
import { Task } from '../../../src/topology/task/task.ts';
import { TimeHeap } from '../../../src/topology/task/time-heap.ts';
import {
  type Behaviour,
  consumed,
  mapAsync,
  processor,
  sink,
  source,
  type TextStore,
  textStore,
  topologyOf,
} from '../../support/graph-lab.ts';

const STORES = ['first', 'second'].map((name) => textStore(name));

type Kind =
  /** Counts per key in a store. */
  | 'count'
  /** Passes records on; some fail after that. */
  | 'throws'
  /** Is asynchronous. */
  | 'work'
  /** As `work`, and some fail. */
  | 'rejects'
  /** Passes records on, and a record of its own every few ms of stream time. */
  | 'ticks';

interface Operator {
  readonly kind: Kind;
  readonly parents: readonly number[];
  readonly store: number;
  readonly intervalMs: number;
  readonly ends: boolean;
}
type Graph = readonly Operator[];

interface Input {
  readonly key: string;
  readonly value: string;
}

const graphsOf = (...kinds: Kind[]): fc.Arbitrary<Graph> =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        // 0 is the source; what is too large is taken modulo the operator's own number
        parents: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 2 }),
        store: fc.nat(1),
        intervalMs: fc.integer({ min: 1, max: 6 }),
        ends: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((operators) =>
      operators.map((operator, index) => ({
        ...operator,
        parents: [...new Set(operator.parents.map((parent) => parent % (index + 1)))],
      })),
    );
const inputs = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.constantFrom('1', '2', 'x', 'y') }),
  {
    minLength: 1,
    maxLength: 14,
  },
);

/** `x` fails where a processor throws, `y` where work is rejected. */
const throwsAt = (value: string) => value.startsWith('x');
const rejectsAt = (value: string) => value.startsWith('y');

/** What is to come out, by a walk depth first in the order of the operators. */
function expected(graph: Graph, given: readonly Input[]) {
  let rows = new Map<string, number>();
  let outputs: string[] = [];
  const pass = (at: number, key: string, value: string): void => {
    for (const [index, { parents }] of graph.entries())
      if (parents.includes(at)) visit(index + 1, key, value);
    if (graph[at - 1]?.ends) outputs.push(`${key}=${value}`);
  };
  const visit = (at: number, key: string, value: string): void => {
    const operator = graph[at - 1];
    let result = value;
    if (operator?.kind === 'count') {
      const row = `${operator.store} ${key}`;
      const count = (rows.get(row) ?? 0) + 1;
      rows.set(row, count);
      result = `${value}.${at}:${count}`;
    } else if (operator) result = `${value}.${at}`;
    if (operator?.kind === 'rejects' && rejectsAt(value)) throw new Error('rejected');
    for (const [index, { parents }] of graph.entries())
      if (parents.includes(at)) visit(index + 1, key, result);
    if (operator?.ends) outputs.push(`${key}=${result}`);
    if (operator?.kind === 'throws' && throwsAt(value)) throw new Error('thrown');
  };
  const ticks = new TimeHeap<{ at: number; dueMs: number }>(({ dueMs }) => dueMs);
  for (const [index, { kind }] of graph.entries())
    if (kind === 'ticks') ticks.add({ at: index + 1, dueMs: 0 });
  for (const [timeMs, { key, value }] of given.entries()) {
    const before = { rows: new Map(rows), outputs: [...outputs] };
    try {
      visit(0, key, value);
    } catch {
      ({ rows, outputs } = before);
      outputs.push(`letter ${key}=${value}`);
    }
    for (let due = ticks.peek(); due && due.dueMs <= timeMs; due = ticks.peek()) {
      ticks.poll();
      pass(due.at, 'tick', `${timeMs}`);
      const { intervalMs = 1 } = graph[due.at - 1] ?? {};
      ticks.add({ at: due.at, dueMs: due.dueMs + intervalMs });
    }
  }
  return { outputs, rows: [...rows].map(([row, count]) => `${row}=${count}`).toSorted() };
}

function nodesOf(graph: Graph, work: () => Promise<void>): NodeSpec[] {
  const nodeOf = ({ kind, parents, store, intervalMs, ends }: Operator, index: number): NodeSpec[] => {
    const at = index + 1;
    const name = `n${at}`;
    const above = parents.map((parent) => `n${parent}`);
    const end = ends ? [sink(`${name}-out`, [name], 'out')] : [];
    const builder = STORES[store];
    switch (kind) {
      case 'count': {
        const counting = (): Behaviour => {
          let counts: TextStore | undefined;
          return {
            init: (context) => {
              counts = builder && context.getStateStore(builder);
            },
            process(record, context) {
              const count = Number(counts?.get(record.key) ?? '0') + 1;
              counts?.put(record.key, String(count));
              context.forward({ ...record, value: `${record.value}.${at}:${count}` });
            },
          };
        };
        return [processor(name, above, counting, STORES), ...end];
      }
      case 'throws':
        return [
          processor(name, above, () => ({
            process(record, context) {
              context.forward({ ...record, value: `${record.value}.${at}` });
              if (throwsAt(record.value ?? '')) throw new Error('thrown');
            },
          })),
          ...end,
        ];
      case 'ticks':
        return [
          processor(name, above, () => ({
            init: (context) => {
              context.schedule(intervalMs, 'stream-time', (timestamp) =>
                context.forward({ key: 'tick', value: `${timestamp}`, timestamp, headers: [] }),
              );
            },
            process: (record, context) => context.forward({ ...record, value: `${record.value}.${at}` }),
          })),
          ...end,
        ];
      case 'work':
      case 'rejects':
        return [
          mapAsync(name, above, async (value) => {
            await work();
            if (kind === 'rejects' && rejectsAt(value ?? '')) throw new Error('rejected');
            return `${value}.${at}`;
          }),
          ...end,
        ];
    }
  };
  // children run in the order of creation: an operator's sink comes behind all operators
  const nodes = graph.map(nodeOf);
  return [
    source('n0', 'in'),
    ...nodes.flatMap((made) => made.slice(0, 1)),
    ...nodes.flatMap((made) => made.slice(1)),
  ];
}

/** What becomes of a commit: it is made; it is lost, the task with it; it is made and the task does not hear of it. */
type Outcome = 'made' | 'lost' | 'unheard';

interface Plan {
  readonly maxStagedRecords: number;
  readonly maxStagedBytes: number;
  readonly maxOverlayBytes: number;
  readonly chunk: number;
  /** In turn, then all are made. */
  readonly outcomes: readonly Outcome[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  maxStagedRecords: fc.integer({ min: 1, max: 5 }),
  maxStagedBytes: fc.constantFrom(1, 1_000_000),
  maxOverlayBytes: fc.constantFrom(1, 600, 1_000_000),
  chunk: fc.integer({ min: 1, max: 5 }),
  outcomes: fc.array(fc.constantFrom<Outcome>('made', 'made', 'lost', 'unheard'), { maxLength: 6 }),
});

/** What survives a crash: the topics, the group's offset, changelogs, and the state folder. */
class World {
  readonly outputs: string[] = [];
  readonly changelog: StoreWrite[] = [];
  readonly storage: TaskStorage = new MemoryStorage();
  position = 0;
  batch: StagedBatch | undefined;

  /** A transaction: all of it or nothing. */
  commit(batch: StagedBatch): ReadonlyMap<string, number> {
    for (const { topic, key, value } of batch.outputs)
      this.outputs.push(topic === 'out' ? `${key}=${value}` : `letter ${key}=${value}`);
    this.changelog.push(...batch.writes);
    this.position = batch.positions[0]?.to ?? this.position;
    this.batch = batch;
    return this.#ends();
  }

  /** Only the tail of the changelog, from where the storage misses writes. */
  restore(): void {
    const from = Math.max(...STORES.map(({ name }) => this.storage.position(name) ?? 0));
    this.storage.apply(this.changelog.slice(from), this.#ends());
  }

  rows(): string[] {
    return STORES.flatMap(({ name }, store) =>
      [...this.storage.rows(name).range(null, null)].map(([key, value]) => `${store} ${key}=${value}`),
    ).toSorted();
  }

  #ends(): ReadonlyMap<string, number> {
    return new Map(STORES.map(({ name }) => [name, this.changelog.length]));
  }
}

/** One life of a task: until it has committed all inputs, or is dropped. */
async function live(
  graph: Graph,
  given: readonly Input[],
  plan: Plan,
  world: World,
  next: () => Outcome,
  s: fc.Scheduler,
) {
  const nodes = nodesOf(graph, () => s.schedule(Promise.resolve(), 'work'));
  const { subTopologies } = topologyOf(nodes, STORES);
  const runtime = createTaskRuntime(subTopologies, {
    memoryBudgetBytes: 1_000_000,
    nowMs: () => 0,
    maxStagedRecords: plan.maxStagedRecords,
    maxStagedBytes: plan.maxStagedBytes,
    maxOverlayBytes: plan.maxOverlayBytes,
    maxTaskIdleMs: 0,
    clockMoves: false,
  });
  let failure: unknown;
  world.restore();
  const { batch, storage, position } = world;
  const task = new Task({
    id: '0_0',
    nodes,
    runtime,
    stores: STORES,
    storage,
    partitions: [{ topic: 'in', partition: 0, startOffset: position }],
    ...(batch && {
      clocks: batch.clocks,
      streamTimeMs: batch.streamTimeMs,
      partitionTimesMs: batch.partitionTimesMs,
    }),
    handlers: { processing: () => 'dead-letter' },
    deadLetterTopic: 'letters',
    onStaged: () => loop.notify(),
    onFailure: (error) => {
      failure = error;
    },
  });
  const crash = () => {
    task.drop();
    loop.stop();
  };
  const loop = new CommitLoop({
    task,
    committer: {
      async commit(taken) {
        await s.schedule(Promise.resolve(), 'commit');
        if (!task.alive) throw new Error('the task was dropped'); // what a fence does
        const outcome = next();
        if (outcome === 'lost') crash();
        const positions = outcome === 'lost' ? new Map<string, number>() : world.commit(taken);
        if (outcome === 'unheard') crash();
        return positions;
      },
    },
    commitIntervalMs: 0,
    nowMs: () => 0,
    onCommitted: () => {},
    onSinkTrouble: () => {},
  });
  const feed = async () => {
    for (let at = position; at < given.length; at += plan.chunk) {
      await s.schedule(Promise.resolve(), 'fetch');
      const chunk = given.slice(at, at + plan.chunk);
      task.push(chunk.map(({ key, value }, i) => consumed('in', at + i, key, value, at + i)));
    }
  };
  void feed();
  while (task.alive && world.position < given.length) {
    if (s.count() > 0) await s.waitOne();
    await nextMacrotask();
  }
  crash();
  while (s.count() > 0) await s.waitOne();
  await loop.ended;
  if (failure !== undefined) throw failure;
}

/** Runs the inputs through as many tasks as it takes. */
async function run(graph: Graph, given: readonly Input[], plan: Plan, s: fc.Scheduler): Promise<World> {
  const world = new World();
  const outcomes = [...plan.outcomes];
  while (world.position < given.length)
    await live(graph, given, plan, world, () => outcomes.shift() ?? 'made', s);
  world.restore();
  return world;
}

describe('outputs and stores', () => {
  it('do not depend on interleaving, batch sizes, and where a task is lost', async () => {
    const graphs = graphsOf('count', 'count', 'work', 'work', 'throws', 'rejects');
    await fc.assert(
      fc.asyncProperty(graphs, inputs, plans, fc.scheduler(), async (graph, given, plan, s) => {
        const world = await run(graph, given, plan, s);
        const { outputs, rows } = expected(graph, given);
        expect([world.outputs, world.rows()]).toEqual([outputs, rows]);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  // A task that is lost schedules anew, and so it does in Kafka Streams: these lives go on to the end.
  it('do not depend on interleaving and batch sizes where there are punctuations', async () => {
    const graphs = graphsOf('count', 'work', 'work', 'throws', 'ticks', 'ticks');
    await fc.assert(
      fc.asyncProperty(graphs, inputs, plans, fc.scheduler(), async (graph, given, plan, s) => {
        const world = await run(graph, given, { ...plan, outcomes: [] }, s);
        const { outputs, rows } = expected(graph, given);
        expect([world.outputs, world.rows()]).toEqual([outputs, rows]);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
