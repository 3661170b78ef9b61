// Whatever the order in which work ends, batch sizes, and where a task is lost and restored, a topology of the DSL puts out what it
// puts out one record at a time, without a loss.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  joinWindows,
  type KStream,
  type ProducedRecord,
  StreamsBuilder,
  sessionWindows,
  TopologyTestDriver,
  timeWindows,
  untilTimeLimit,
  untilWindowCloses,
  type Windowed,
} from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { consumed } from '../../support/graph-lab.ts';
import { type Build, type Plan, plans, runLives } from '../../support/task-lab.ts';
import { texts } from '../joins/lab.ts';

type Text = string | null;
type Stream = KStream<Text, Text>;

const KINDS = [
  'count',
  'aggregate',
  'reduce',
  'tumbling',
  'hopping',
  'sessions',
  'joinStream',
  'joinTable',
  'joinTables',
  'suppress',
  'filter',
  'work',
  'work',
  'rejects',
] as const;

interface Operator {
  readonly kind: (typeof KINDS)[number];
  /** Of the streams made so far; what is too large is taken modulo their number. */
  readonly from: number;
  readonly with: number;
  readonly join: 'join' | 'leftJoin' | 'outerJoin';
  readonly sizeMs: number;
  readonly graceMs: number;
  /** When the results of windows go out. */
  readonly emits: 'updates' | 'closed' | 'suppressed';
}
type Graph = readonly Operator[];

interface Input {
  readonly key: Text;
  readonly value: Text;
  readonly timestamp: number;
}

const graphs: fc.Arbitrary<Graph> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    from: fc.nat(9),
    with: fc.nat(9),
    join: fc.constantFrom('join', 'leftJoin', 'outerJoin'),
    sizeMs: fc.integer({ min: 1, max: 12 }),
    graceMs: fc.nat(6),
    emits: fc.constantFrom('updates', 'closed', 'suppressed'),
  }),
  { minLength: 1, maxLength: 6 },
);

const inputs: fc.Arbitrary<readonly Input[]> = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'a', 'b', 'c', null),
    value: fc.constantFrom('1', '2', '3', 'x', null),
    timestamp: fc.nat(60), // out of order
  }),
  { minLength: 1, maxLength: 14 },
);

/** Joins of joins would grow without end. */
const short = (text: string) =>
  text.length <= 24 ? text : `${text.slice(0, 10)}~${text.length}~${text.slice(-10)}`;
const pair = (left: Text, right: Text) => short(`${left}/${right}`);
const add = (all: string, value: Text) => short(`${all}${value}`);
const shown = ({ key, window }: Windowed<string>) => `${key}@${window.startMs}/${window.endMs}`;

/** A result for each key and window, under a key that cannot be grouped again without a topic. */
function windowed(stream: Stream, { kind, sizeMs, graceMs, emits }: Operator): Stream {
  const groups = stream.groupByKey(texts);
  const advanceMs = Math.ceil(sizeMs / 2);
  const windows =
    kind === 'sessions'
      ? groups.windowedBy(sessionWindows({ gapMs: sizeMs, graceMs }))
      : groups.windowedBy(timeWindows({ sizeMs, graceMs, ...(kind === 'hopping' && { advanceMs }) }));
  const options = { materialized: { ...texts, retentionMs: 1_000 } };
  const table =
    emits === 'closed'
      ? windows.emitStrategy('onWindowClose').reduce(add, options)
      : windows.reduce(add, options);
  const results = emits === 'suppressed' ? table.suppress(untilWindowCloses()) : table;
  return results.toStream((_value, key) => shown(key));
}

/** What an operator makes of streams that are keyed as their topic is. */
function keyed(kind: Operator['kind'], operator: Operator, from: Stream, other: Stream): Stream | undefined {
  const { join, sizeMs, graceMs } = operator;
  const rows = (stream: Stream) => stream.toTable({ materialized: texts });
  switch (kind) {
    case 'count':
      return from
        .groupByKey(texts)
        .count()
        .toStream()
        .mapValues((count) => `${count}`);
    case 'aggregate':
      return from
        .groupByKey(texts)
        .aggregate(() => '', add, { materialized: texts })
        .toStream();
    case 'reduce':
      return from.groupByKey(texts).reduce(add, { materialized: texts }).toStream();
    case 'suppress':
      return rows(from)
        .suppress(untilTimeLimit(sizeMs, { maxRecords: graceMs }), texts)
        .toStream();
    case 'joinStream': {
      const windows = joinWindows({ beforeMs: sizeMs, afterMs: sizeMs, graceMs });
      const options = { ...texts, otherValue: texts.value };
      if (join === 'join') return from.join(other, pair, windows, options);
      if (join === 'leftJoin') return from.leftJoin(other, pair, windows, options);
      return from.outerJoin(other, pair, windows, options);
    }
    case 'joinTable':
      return join === 'join' ? from.join(rows(other), pair, texts) : from.leftJoin(rows(other), pair, texts);
    case 'joinTables':
      return rows(from)[join](rows(other), pair, { materialized: texts }).toStream();
    default:
      return undefined;
  }
}

const passing = new Set<Operator['kind']>(['filter', 'work', 'rejects']);

/** Every stream that nobody goes on from ends in "out". */
function build(graph: Graph, work: () => Promise<void>) {
  const builder = new StreamsBuilder({ emitIntervalMs: 0 });
  const source: Stream = builder.stream('in', texts);
  const streams = [{ it: source, isKeyed: true }];
  const used = new Set<Stream>();
  const take = (index: number, needsKey: boolean) => {
    const fitting = streams.filter(({ isKeyed }) => isKeyed || !needsKey);
    const found = fitting[index % fitting.length] ?? { it: source, isKeyed: true };
    used.add(found.it);
    return found;
  };
  for (const operator of graph) {
    const { kind } = operator;
    const { it, isKeyed } = take(operator.from, !passing.has(kind));
    if (kind === 'filter') streams.push({ it: it.filter((value) => value !== '2'), isKeyed });
    else if (kind === 'work' || kind === 'rejects') {
      const done = it.mapAsync(
        async (value): Promise<Text> => {
          await work();
          if (kind === 'rejects' && value?.startsWith('x')) throw new Error('rejected');
          return value === null ? null : short(`${value}.`);
        },
        { concurrency: 4 },
      );
      streams.push({ it: done, isKeyed });
    } else {
      const made = keyed(kind, operator, it, kind.startsWith('join') ? take(operator.with, true).it : it);
      streams.push(made ? { it: made, isKeyed: true } : { it: windowed(it, operator), isKeyed: false });
    }
  }
  for (const { it } of streams) if (!used.has(it)) it.to('out', texts);
  return builder.build();
}

const show = ({ topic, key, value, timestamp }: ProducedRecord) => `${topic} ${key}=${value}@${timestamp}`;
const rowsOf = (storage: Pick<MemoryStorage, 'rows'>, stores: readonly string[]) =>
  stores.flatMap((name) =>
    [...storage.rows(name).range(null, null)].map(([key, value]) => [
      name,
      `${key.toString('hex')}=${value}`,
    ]),
  );

/** One record at a time, work that ends at once, nothing lost. */
async function expected(graph: Graph, given: readonly Input[]) {
  const topology = build(graph, async () => {});
  const storage = new MemoryStorage();
  const driver = new TopologyTestDriver(topology, {
    initialWallClockMs: 0,
    storage,
    handlers: { processing: () => 'dead-letter' },
    deadLetterTopic: 'letters',
  });
  const outputs: string[] = [];
  for (const { key, value, timestamp } of given) {
    await driver.pipe({
      topic: 'in',
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp,
    });
    for (const topic of ['out', 'letters']) outputs.push(...driver.readOutput(topic).map(show));
  }
  await driver.close();
  const [part] = topology.subTopologies;
  const plain = part?.stores.filter(({ kind }) => kind === 'key-value').map(({ name }) => name) ?? [];
  return { outputs, rows: rowsOf(storage, plain), plain };
}

async function run(
  graph: Graph,
  given: readonly Input[],
  plan: Plan,
  s: fc.Scheduler,
  plain: readonly string[],
) {
  const records = given.map(({ key, value, timestamp }, at) => consumed('in', at, key, value, timestamp));
  const life: Build = (work) => {
    const [part, ...others] = build(graph, work).subTopologies;
    if (!part || others.length > 0) throw new Error('one task is to do it all');
    return part;
  };
  const { outputs, storage } = await runLives(life, records, plan, s);
  return { outputs: outputs.map(show), rows: rowsOf(storage, plain) };
}

describe('outputs and tables of the DSL', () => {
  it('do not depend on interleaving, batch sizes, and where a task is lost and restored', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, inputs, plans, fc.scheduler(), async (graph, given, plan, s) => {
        const { plain, ...once } = await expected(graph, given);
        expect(await run(graph, given, plan, s, plain)).toEqual(once);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
