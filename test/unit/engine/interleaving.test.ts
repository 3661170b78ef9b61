// Whatever the order in which work ends, records are fetched and commits succeed, fail or are never heard of, a topology does
// what a plain walk through its graph does, one record after another.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../../src/topology/graph/nodes.ts';
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
} from '../../support/graph-lab.ts';
import { type Build, type Plan, plans, runLives } from '../../support/task-lab.ts';

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

/** Runs the inputs through as many tasks as it takes; what came out, and what the stores hold in the end. */
async function run(graph: Graph, given: readonly Input[], plan: Plan, s: fc.Scheduler) {
  const records = given.map(({ key, value }, at) => consumed('in', at, key, value, at));
  const build: Build = (work) => ({
    id: 0,
    name: 'lab',
    nodes: nodesOf(graph, work),
    stores: STORES,
    copartitioned: [],
  });
  const { outputs, storage } = await runLives(build, records, plan, s);
  return {
    outputs: outputs.map(({ topic, key, value }) => `${topic === 'out' ? '' : 'letter '}${key}=${value}`),
    rows: STORES.flatMap(({ name }, store) =>
      [...storage.rows(name).range(null, null)].map(([key, value]) => `${store} ${key}=${value}`),
    ).toSorted(),
  };
}

describe('outputs and stores', () => {
  it('do not depend on interleaving, batch sizes, and where a task is lost', async () => {
    const graphs = graphsOf('count', 'count', 'work', 'work', 'throws', 'rejects');
    await fc.assert(
      fc.asyncProperty(graphs, inputs, plans, fc.scheduler(), async (graph, given, plan, s) => {
        expect(await run(graph, given, plan, s)).toEqual(expected(graph, given));
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  // A task that is lost schedules anew, and so it does in Kafka Streams: these lives go on to the end.
  it('do not depend on interleaving and batch sizes where there are punctuations', async () => {
    const graphs = graphsOf('count', 'work', 'work', 'throws', 'ticks', 'ticks');
    await fc.assert(
      fc.asyncProperty(graphs, inputs, plans, fc.scheduler(), async (graph, given, plan, s) => {
        const found = await run(graph, given, { ...plan, outcomes: [] }, s);
        expect(found).toEqual(expected(graph, given));
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
