import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mebibytes, printTable, rounded } from './figures.ts';
import { kafkaStreamsProgram } from './kafka-streams.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { nodeProgram, type Program, Subject } from './subject.ts';

const PARTITIONS = 8;
const RECORD_BYTES = 250;
/** Divisible by the partitions, so that a key always lies on the same one. */
const KEYS = 10_000;
/** The records' own time that the measured ones cover. */
const EVENT_TIME_MS = 10 * 60_000;
const COMMIT_INTERVAL_MS = 100;
const JAVA_CACHE_BYTES = 10 * 1024 * 1024;
const WITHIN_MS = 300_000;
const POLL_MS = 25;

export interface ThroughputOptions {
  /** Those that are measured; as many come before them, so that every process is warm. */
  readonly records: number;
  readonly rounds: number;
}

const MODES = ['stateless', 'windowed-count'] as const;
type Mode = (typeof MODES)[number];
const GUARANTEES = ['exactly_once', 'at_least_once'] as const;
type Guarantee = (typeof GUARANTEES)[number];
type Who = 'engine' | 'KafkaJS eachBatch' | 'Kafka Streams';

interface Contender {
  readonly who: Who;
  readonly program: Program;
  readonly guarantee: Guarantee;
  readonly instances: number;
  /** Of Kafka Streams' record cache, which the others do not have. */
  readonly cacheBytes: number;
}

interface Row {
  readonly contender: Contender;
  readonly recordsPerSecond: number;
  readonly cpuUsPerRecord: number;
  /** The highest of any instance. */
  readonly peakBytes: number;
}

/**
 * Records a second and CPU a record, stateless and in windowed counts, with both guarantees: the engine, plain KafkaJS and
 * Kafka Streams on one topic, one after another; and two instances of the engine against one. Each is measured from outside: from the
 * moment at which it has committed the records that warm up to the one at which it has committed all.
 */
export async function benchThroughput(lab: Lab, { records, rounds }: ThroughputOptions): Promise<object> {
  const programs = {
    engine: nodeProgram('peers/engine.ts'),
    'KafkaJS eachBatch': nodeProgram('peers/each-batch.ts'),
    'Kafka Streams': await kafkaStreamsProgram((line) => process.stderr.write(`${line}\n`)),
  } satisfies Record<Who, Program>;
  const warmUp = records;
  const input = await lab.topic('throughput-in', PARTITIONS);
  await lab.feed(input, PARTITIONS, keyed(warmUp + records, EVENT_TIME_MS / records));
  const [warmer] = contendersOf('stateless', programs).filter(({ who }) => who === 'KafkaJS eachBatch');
  if (warmer) {
    process.stderr.write('not counted, for the broker begins cold:\n');
    await run(lab, { mode: 'stateless', contender: warmer, input, records, warmUp, round: -1 });
  }
  const results: Record<string, object> = {};
  for (const mode of MODES) {
    const contenders = contendersOf(mode, programs);
    const runs = contenders.map((): Row[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        runs[index]?.push(await run(lab, { mode, contender, input, records, warmUp, round }));
      }
    }
    const rows = runs.flatMap(middle);
    print(mode, rows, { records, rounds });
    results[mode] = {
      rows: rows.map(figuresOf),
      ratios: printRatios(mode, rows),
      runs: runs.flat().map(figuresOf),
    };
  }
  return results;
}

function contendersOf(mode: Mode, programs: Record<Who, Program>): Contender[] {
  const of = (who: Who, guarantee: Guarantee, instances = 1, cacheBytes = 0): Contender => ({
    who,
    program: programs[who],
    guarantee,
    instances,
    cacheBytes,
  });
  return GUARANTEES.flatMap((guarantee) => [
    of('engine', guarantee),
    ...(guarantee === 'exactly_once' ? [of('engine', guarantee, 2)] : []),
    of('KafkaJS eachBatch', guarantee),
    of('Kafka Streams', guarantee),
    ...(mode === 'windowed-count' ? [of('Kafka Streams', guarantee, 1, JAVA_CACHE_BYTES)] : []),
  ]);
}

interface Measured {
  readonly mode: Mode;
  readonly contender: Contender;
  readonly input: string;
  readonly records: number;
  readonly warmUp: number;
  readonly round: number;
}

async function run(lab: Lab, { mode, contender, input, records, warmUp, round }: Measured): Promise<Row> {
  const { guarantee, instances, cacheBytes, program } = contender;
  const title = titleOf(contender);
  const name = `${mode}-${round}-${title.replace(/\W+/g, '-')}`;
  process.stderr.write(`${mode}, ${title}…\n`);
  const output = await lab.topic(name, PARTITIONS);
  const applicationId = `${output}-app`;
  const folders = await Promise.all(
    Array.from({ length: instances }, () => mkdtemp(join(tmpdir(), 'darkroom-bench-'))),
  );
  const subjects = folders.map(
    (folder) =>
      new Subject(program, {
        BROKERS: lab.stack.addresses.kafka,
        APPLICATION_ID: applicationId,
        TOPIC_IN: input,
        TOPIC_OUT: output,
        PARTITIONS: String(PARTITIONS),
        MODE: mode,
        GUARANTEE: guarantee,
        COMMIT_INTERVAL_MS: String(COMMIT_INTERVAL_MS),
        CACHE_BYTES: String(cacheBytes),
        STATE_FOLDER: folder,
      }),
  );
  const until = (committed: number) => untilCommitted(lab, applicationId, input, committed, subjects);
  const cpuMs = () => subjects.reduce((sum, subject) => sum + subject.usage().cpuMs, 0);
  try {
    const from = await until(warmUp);
    const startedMs = performance.now();
    const startCpuMs = cpuMs();
    const to = await until(warmUp + records);
    const seconds = (performance.now() - startedMs) / 1000;
    const measured = to - from;
    const row = {
      contender,
      recordsPerSecond: measured / seconds,
      cpuUsPerRecord: ((cpuMs() - startCpuMs) * 1000) / measured,
      peakBytes: Math.max(...subjects.map((subject) => subject.peakBytes())),
    };
    const kept = mode === 'stateless' ? Math.floor(((warmUp + records) * 9) / 10) : warmUp + records;
    const written = await lab.written(output);
    if (cacheBytes === 0 && written < kept) throw new Error(`${title} wrote ${written} records, not ${kept}`);
    return row;
  } finally {
    await Promise.all(subjects.map((subject) => subject.end()));
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Resolves to what is committed once that is at least `records`. */
async function untilCommitted(
  lab: Lab,
  groupId: string,
  topic: string,
  records: number,
  subjects: readonly Subject[],
): Promise<number> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    for (const subject of subjects) subject.requireRunning();
    const committed = await lab.committed(groupId, topic);
    if (committed >= records) return committed;
    if (performance.now() > deadlineMs) {
      throw new Error(`${groupId} committed ${committed} of ${records} records within ${WITHIN_MS} ms`);
    }
    await delay(POLL_MS);
  }
}

const GUARANTEE_NAMES = { exactly_once: 'exactly once', at_least_once: 'at least once' };

function titleOf({ who, guarantee, instances, cacheBytes }: Contender): string {
  const also = instances > 1 ? `, ${instances} instances` : cacheBytes > 0 ? ', its cache on' : '';
  return `${who}, ${GUARANTEE_NAMES[guarantee]}${also}`;
}

function figuresOf({ contender, recordsPerSecond, cpuUsPerRecord, peakBytes }: Row): object {
  return { what: titleOf(contender), recordsPerSecond, cpuUsPerRecord, peakBytes };
}

function print(mode: Mode, rows: readonly Row[], { records, rounds }: ThroughputOptions): void {
  printTable(
    `${mode}: ${records} records of ${RECORD_BYTES} bytes, ${PARTITIONS} partitions, ${KEYS} keys, ` +
      `commits every ${COMMIT_INTERVAL_MS} ms, middle of ${rounds} rounds`,
    rows.map((row) => ({
      what: titleOf(row.contender),
      'records/s': Math.round(row.recordsPerSecond),
      'CPU µs/record': rounded(row.cpuUsPerRecord),
      'peak RSS MiB': mebibytes(row.peakBytes),
    })),
  );
}

/** The engine's figures over its peers', which do the same work. */
function printRatios(mode: Mode, rows: readonly Row[]): object[] {
  const find = (who: Who, guarantee: Guarantee, instances = 1): Row => {
    const row = rows.find(
      ({ contender: of }) =>
        of.who === who && of.guarantee === guarantee && of.instances === instances && of.cacheBytes === 0,
    );
    if (!row) throw new Error(`there is no row of ${who}, ${guarantee}, ${instances}`);
    return row;
  };
  const ratio = (what: string, ours: Row, theirs: Row, target = '') => ({
    what,
    'records/s': rounded(ours.recordsPerSecond / theirs.recordsPerSecond, 2),
    'CPU/record': rounded(ours.cpuUsPerRecord / theirs.cpuUsPerRecord, 2),
    target,
  });
  const exactly = find('engine', 'exactly_once');
  const loosely = find('engine', 'at_least_once');
  const ratios = [
    ratio('exactly once / Kafka Streams', exactly, find('Kafka Streams', 'exactly_once'), 'CPU ≤ 1.3'),
    ratio('at least once / Kafka Streams', loosely, find('Kafka Streams', 'at_least_once')),
    ratio('exactly once / KafkaJS exactly once', exactly, find('KafkaJS eachBatch', 'exactly_once')),
    ratio(
      'exactly once / KafkaJS at least once',
      exactly,
      find('KafkaJS eachBatch', 'at_least_once'),
      mode === 'stateless' ? 'records/s ≥ 1.0' : '',
    ),
    ratio('at least once / KafkaJS at least once', loosely, find('KafkaJS eachBatch', 'at_least_once')),
    ratio('two instances / one, exactly once', find('engine', 'exactly_once', 2), exactly, 'CPU ≤ 1.15'),
  ];
  printTable(`${mode}: ratios`, ratios);
  return ratios;
}

/** The round whose rate is the middle one. */
function middle(rows: readonly Row[]): Row[] {
  const sorted = rows.toSorted((a, b) => a.recordsPerSecond - b.recordsPerSecond);
  return sorted.slice(Math.floor(sorted.length / 2)).slice(0, 1);
}

/** The first digit is the last of the number: one record in ten begins with a zero, which the stateless work drops. */
function* keyed(records: number, stepMs: number): Generator<BenchRecord> {
  const firstMs = Date.now() - records * stepMs; // older ones would be deleted by their brokers
  for (let index = 0; index < records; index++) {
    yield {
      key: `key-${index % KEYS}`,
      value: Buffer.from(`${index % 10}:${index}:`.padEnd(RECORD_BYTES, 'x')),
      timestampMs: Math.floor(firstMs + index * stepMs),
    };
  }
}
