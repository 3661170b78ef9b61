import { mebibytes, printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { Subject } from './subject.ts';

const PARTITIONS = 8;
const RECORD_BYTES = 250;
const COMMIT_INTERVAL_MS = 100;
const WITHIN_MS = 180_000;

export interface StatelessOptions {
  readonly records: number;
  readonly rounds: number;
}

interface Row {
  readonly name: string;
  readonly recordsPerSecond: number;
  readonly cpuUsPerRecord: number;
  readonly residentBytes: number;
}

/** Records a second and CPU a record: the engine exactly once, against plain KafkaJS at least once; the middle of the rounds. */
export async function benchStateless(lab: Lab, { records, rounds }: StatelessOptions): Promise<object> {
  const input = await lab.topic('stateless-in', PARTITIONS);
  await lab.feed(input, PARTITIONS, numbered(records));
  const engine: Row[] = [];
  const loose: Row[] = [];
  const peer: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    engine.push(await run(lab, 'engine, exactly once', 'stateless/engine.ts', input, records, round));
    loose.push(await run(lab, 'engine, at least once', 'stateless/engine.ts', input, records, round));
    peer.push(
      await run(lab, 'KafkaJS eachBatch, at least once', 'peers/each-batch.ts', input, records, round),
    );
  }
  const rows = [engine, loose, peer].flatMap((of) => middle(of));
  printTable(
    `stateless: filter + mapValues + to, ${records} records of ${RECORD_BYTES} bytes, ${PARTITIONS} partitions, ` +
      `commits every ${COMMIT_INTERVAL_MS} ms, middle of ${rounds} rounds`,
    rows.map((row) => ({
      what: row.name,
      'records/s': Math.round(row.recordsPerSecond),
      'CPU µs/record': rounded(row.cpuUsPerRecord),
      'RSS MiB': mebibytes(row.residentBytes),
    })),
  );
  const [ours, , theirs] = rows;
  if (!ours || !theirs) throw new Error('a row is missing');
  const ratios = {
    what: 'exactly once / KafkaJS at least once',
    'records/s (≥ 1.0)': rounded(ours.recordsPerSecond / theirs.recordsPerSecond, 2),
    'CPU/record': rounded(ours.cpuUsPerRecord / theirs.cpuUsPerRecord, 2),
  };
  printTable('ratio, with its target', [ratios]);
  return { rows, ratios, rounds: { engine, loose, peer } };
}

async function run(
  lab: Lab,
  name: string,
  file: string,
  input: string,
  records: number,
  round: number,
): Promise<Row> {
  const output = await lab.topic(`stateless-out-${round}-${name.replace(/\W+/g, '-')}`, PARTITIONS);
  const subject = new Subject(file, [], {
    BROKERS: lab.stack.addresses.kafka,
    TOPIC_IN: input,
    TOPIC_OUT: output,
    PARTITIONS: String(PARTITIONS),
    RECORDS: String(records),
    WARM_UP: String(Math.floor(records / 5)),
    COMMIT_INTERVAL_MS: String(COMMIT_INTERVAL_MS),
    GUARANTEE: name.endsWith('exactly once') ? 'exactly_once' : 'at_least_once',
  });
  try {
    await subject.until('done', 1, WITHIN_MS);
  } finally {
    await subject.end();
  }
  const kept = records - Math.ceil(records / 10);
  const written = await lab.written(output);
  if (written < kept) throw new Error(`${name} wrote ${written} records, not ${kept}`);
  const { records: measured, seconds, cpuUs, residentBytes } = subject.lines[0] ?? {};
  return {
    name,
    recordsPerSecond: Number(measured) / Number(seconds),
    cpuUsPerRecord: Number(cpuUs) / Number(measured),
    residentBytes: Number(residentBytes),
  };
}

/** The round whose rate is the middle one. */
function middle(rows: readonly Row[]): Row[] {
  const sorted = rows.toSorted((a, b) => a.recordsPerSecond - b.recordsPerSecond);
  return sorted.slice(Math.floor(sorted.length / 2)).slice(0, 1);
}

/** The first digit is the last of the number: one record in ten begins with a zero, which the work drops. */
function* numbered(records: number): Generator<BenchRecord> {
  for (let index = 0; index < records; index++) {
    yield { value: Buffer.from(`${index % 10}:${index}:`.padEnd(RECORD_BYTES, 'x')) };
  }
}
