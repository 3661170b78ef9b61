// npm run bench -- [NAME…] [options]: see HELP.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchEncoders } from './encoders.ts';
import { printTable } from './figures.ts';
import { benchFit } from './fit.ts';
import { benchImages } from './images.ts';
import { benchIsolation } from './isolation.ts';
import { type Lab, openLab } from './lab.ts';
import { machine } from './machine.ts';
import { benchMemory } from './memory.ts';
import { benchRestore } from './restore.ts';
import { benchStatistics } from './statistics.ts';
import { benchThroughput } from './throughput.ts';

const NAMES = [
  ...(['encoders', 'images', 'fit', 'isolation'] as const),
  ...(['memory', 'restore', 'statistics', 'throughput'] as const),
] as const;
type Name = (typeof NAMES)[number];
const HELP = `npm run bench -- [NAME…] [options]      measure on this machine, with the real services started for it

  encoders    CPU and bytes of each format's settings, and of a quality that is sought
  images      images/s and CPU of the service, against sharp alone and a plain KafkaJS service
  fit         one rendition of 512 × 512 in JPEG, PNG, WebP and AVIF, against sharp alone, and imgproxy (IMGPROXY_BIN)
  isolation   what it costs that images are developed in processes that may be killed
  memory      resident memory of the service with a backlog, against its configured bound
  restore     a table in LMDB: memory, rate of restore, time to resume after SIGKILL
  statistics  events/s from image-stats into Firehose and Redis, and what a million of them costs
  throughput  records/s and CPU of the engine, stateless and windowed counts, against KafkaJS and Kafka Streams

  --images N    photographs for "images", "fit" and "isolation"; services warm up with half of them (default 128)
  --backlog N   images for "memory" (default 2000)
  --width N     of the photographs of "memory", in pixels (default 1600)
  --records N   records for "throughput" (default 500000)
  --rounds N    rounds of "images" and "throughput" (default 1)
  --events N    events for "statistics" (default 50000)
  --keys N      rows of "restore" (default 1000000)
  --json FILE   where the figures go (default bench/results/<time>.json)
`;

function isName(given: string): given is Name {
  return NAMES.some((name) => name === given);
}

function usage(problem: string): never {
  process.stderr.write(`${problem}\n\n${HELP}`);
  process.exit(2);
}

function parse() {
  try {
    const options = {
      images: { type: 'string', default: '128' },
      backlog: { type: 'string', default: '2000' },
      width: { type: 'string', default: '1600' },
      records: { type: 'string', default: '500000' },
      rounds: { type: 'string', default: '1' },
      events: { type: 'string', default: '50000' },
      keys: { type: 'string', default: '1000000' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function count(option: string, given: string, least: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least) return value;
  return usage(`--${option} must be an integer of at least ${least}, got ${given}`);
}

const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const unknown = positionals.find((name) => !isName(name));
if (unknown !== undefined) usage(`there is no bench ${unknown}; there are ${NAMES.join(', ')}`);
const chosen: readonly string[] = positionals.length > 0 ? positionals : NAMES;
const images = count('images', values.images, 24);
const backlog = count('backlog', values.backlog, 100);
const widthPx = count('width', values.width, 64);
const records = count('records', values.records, 100_000);
const rounds = count('rounds', values.rounds, 1);
const keys = count('keys', values.keys, 10_000);
const events = count('events', values.events, 1_000);
if (process.platform !== 'linux') usage('the benches read /proc: they run on Linux only');

const benches: Readonly<Record<Name, (lab: Lab) => Promise<object>>> = {
  encoders: () => benchEncoders(),
  images: (lab) => benchImages(lab, { images, rounds }),
  fit: (lab) => benchFit(lab, { images }),
  isolation: () => benchIsolation({ images }),
  memory: (lab) => benchMemory(lab, { images: backlog, widthPx }),
  restore: (lab) => benchRestore(lab, { keys }),
  statistics: (lab) => benchStatistics(lab, { events }),
  throughput: (lab) => benchThroughput(lab, { records, rounds }),
};

const facts = machine();
printTable(
  'machine',
  Object.entries(facts).map(([what, value]) => ({ what, value })),
);
// What is measured, and the stack, end with this process; ending it in order is enough.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const results: Record<string, unknown> = {};
const lab = await openLab();
try {
  for (const name of NAMES) {
    if (!chosen.includes(name)) continue;
    try {
      results[name] = await benches[name](lab);
    } catch (error) {
      process.exitCode = 1;
      results[name] = { failed: error instanceof Error ? error.message : String(error) };
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
} finally {
  await lab.close();
}
const file = values.json ?? join('bench', 'results', `${String(facts.at).replace(/[:.]/g, '-')}.json`);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify({ machine: facts, results }, null, 2)}\n`);
process.stdout.write(`\nWritten to ${file}\n`);
