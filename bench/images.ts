import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePhotograph } from '../dev/samples/index.ts';
import { mebibytes, percentile, printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { nodeProgram, Subject, startDarkroom } from './subject.ts';

const PARTITIONS = 6;
const WARM_UP = 8;
const WITHIN_MS = 300_000;
const REFERENCE = 'application/vnd.darkroom.reference+json';

interface Measured {
  readonly name: string;
  readonly images: number;
  readonly seconds: number;
  readonly cpuMs: number;
  /** Of that, outside of the workers. */
  readonly mainCpuMs: number;
  readonly peakBytes: number;
  /** Of one image, from its start to its result, where the subject tells it. */
  readonly durationsMs: readonly number[];
}

export interface ImagesOptions {
  readonly images: number;
}

/** Images a second and CPU an image of the running service, against sharp alone and against a plain KafkaJS service. */
export async function benchImages(lab: Lab, { images }: ImagesOptions): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  try {
    const photographs: Buffer[] = [];
    for (let seed = 0; seed < images; seed++) photographs.push(await makePhotograph(seed, 4000, 3000));
    const bytes = photographs.reduce((sum, photograph) => sum + photograph.length, 0);
    process.stdout.write(
      `\nimages: ${images} JPEG photographs of 4000 × 3000, ${rounded(bytes / images / 1e6, 2)} MB each; renditions 1024, 512, 256 (JPEG q80)\n`,
    );
    const files = await Promise.all(
      photographs.slice(0, Math.min(images, 60)).map(async (photograph, index) => {
        const file = join(folder, `${index}.jpg`);
        await writeFile(file, photograph);
        return file;
      }),
    );
    const rows = [
      await rawSharp('three-pipelines', files),
      await rawSharp('decode-once', files),
      await darkroom(lab, photographs, 'inline'),
      await darkroom(lab, photographs, 'reference'),
      await eachMessage(lab, photographs, false),
      await eachMessage(lab, photographs, true),
    ];
    return summarise(rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rawSharp(mode: string, files: readonly string[]): Promise<Measured> {
  const subject = new Subject(nodeProgram('peers/raw-sharp.ts', mode, ...files), { UV_THREADPOOL_SIZE: '4' });
  await subject.until('done', 1, WITHIN_MS);
  const { images = 0, seconds = 0, cpuMs = 0, residentBytes = 0 } = subject.lines[0] ?? {};
  const [count, time, cpu, peak] = [images, seconds, cpuMs, residentBytes].map(Number);
  return {
    name: `raw sharp, ${mode.replace('-', ' ')}`,
    images: count ?? 0,
    seconds: time ?? 0,
    cpuMs: cpu ?? 0,
    mainCpuMs: cpu ?? 0,
    peakBytes: peak ?? 0,
    durationsMs: [],
  };
}

async function darkroom(
  lab: Lab,
  photographs: readonly Buffer[],
  way: 'inline' | 'reference',
): Promise<Measured> {
  const name = `darkroom-${way}`;
  const topics = await lab.serviceTopics(name, PARTITIONS);
  const records = photographs.map(
    (photograph, index): BenchRecord => record(lab, photograph, index, way, name),
  );
  if (way === 'reference') {
    for (const [index, photograph] of photographs.entries())
      await lab.put(objectKey(name, index), photograph);
  }
  const subject = startDarkroom(lab.stack.environment(), topics);
  const measured = await measure(subject, `darkroom start, ${way}`, lab, topics.stream, records);
  const written = await lab.written(topics.stats);
  if (written < photographs.length)
    throw new Error(`${written} events on ${topics.stats}, not ${photographs.length}`);
  return measured;
}

async function eachMessage(lab: Lab, photographs: readonly Buffer[], atOnce: boolean): Promise<Measured> {
  const name = atOnce ? 'peer-at-once' : 'peer-in-turn';
  const [topicIn, topicOut] = [
    await lab.topic(`${name}-in`, PARTITIONS),
    await lab.topic(`${name}-out`, PARTITIONS),
  ];
  const { kafka, s3 } = lab.stack.addresses;
  const subject = new Subject(nodeProgram('peers/each-message.ts'), {
    BROKERS: kafka,
    TOPIC_IN: topicIn,
    TOPIC_OUT: topicOut,
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AT_ONCE: atOnce ? '1' : '0',
  });
  const records = photographs.map((value): BenchRecord => ({ value }));
  return measure(
    subject,
    `KafkaJS eachMessage, ${atOnce ? 'Promise.all' : 'in turn'}`,
    lab,
    topicIn,
    records,
  );
}

/** Warm first; then frozen while the backlog is written, so that writing it costs nobody's cores. */
async function measure(
  subject: Subject,
  name: string,
  lab: Lab,
  topic: string,
  records: readonly BenchRecord[],
): Promise<Measured> {
  const done = 'image processed';
  try {
    await subject.until('ready', 1, WITHIN_MS);
    await lab.feed(topic, PARTITIONS, records.slice(0, WARM_UP));
    await subject.until(done, WARM_UP, WITHIN_MS);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const images = records.length - WARM_UP;
    subject.freeze();
    await lab.feed(topic, PARTITIONS, records.slice(WARM_UP));
    const before = subject.usage();
    let peakBytes = 0;
    const sample = setInterval(() => {
      const { mainBytes, childBytes } = subject.usage();
      peakBytes = Math.max(peakBytes, mainBytes + childBytes.reduce((sum, bytes) => sum + bytes, 0));
    }, 250);
    const startedMs = performance.now();
    subject.thaw();
    await subject.until(done, WARM_UP + images, WITHIN_MS);
    const seconds = (performance.now() - startedMs) / 1000;
    const after = subject.usage();
    const cpuMs = after.cpuMs - before.cpuMs;
    const mainCpuMs = after.mainCpuMs - before.mainCpuMs;
    clearInterval(sample);
    const durationsMs = subject.lines
      .filter(({ msg }) => msg === done)
      .slice(WARM_UP)
      .map(({ durationMs }) => Number(durationMs));
    return { name, images, seconds, cpuMs, mainCpuMs, peakBytes, durationsMs };
  } finally {
    await subject.end();
  }
}

function record(
  lab: Lab,
  photograph: Buffer,
  index: number,
  way: 'inline' | 'reference',
  name: string,
): BenchRecord {
  const headers = { 'customer-id': 'bench', 'image-id': `${name}-${index}` };
  if (way === 'inline') return { value: photograph, headers };
  const reference = {
    bucket: lab.stack.addresses.s3.bucket,
    key: objectKey(name, index),
    sizeBytes: photograph.length,
  };
  return {
    value: Buffer.from(JSON.stringify(reference)),
    headers: { ...headers, 'content-type': REFERENCE },
  };
}

const objectKey = (name: string, index: number): string => `bench/${name}/${index}.jpg`;

function summarise(rows: readonly Measured[]): object {
  const rate = ({ images, seconds }: Pick<Measured, 'images' | 'seconds'>) => images / seconds;
  const cpu = ({ images, cpuMs }: Pick<Measured, 'images' | 'cpuMs'>) => cpuMs / images;
  printTable(
    'images/s, CPU and memory',
    rows.map((row) => ({
      what: row.name,
      images: row.images,
      'images/s': rounded(rate(row)),
      'CPU ms/image': rounded(cpu(row)),
      'own process': rounded(row.mainCpuMs / row.images),
      'p50 ms': row.durationsMs.length > 0 ? Math.round(percentile(row.durationsMs, 0.5)) : '',
      'p99 ms': row.durationsMs.length > 0 ? Math.round(percentile(row.durationsMs, 0.99)) : '',
      'peak RSS MiB': mebibytes(row.peakBytes),
    })),
  );
  const [three, once, inline, reference, inTurn, atOnce] = rows;
  if (!three || !once || !inline || !reference || !inTurn || !atOnce) throw new Error('a row is missing');
  const ratios = [inline, reference].map((service) => ({
    what: service.name,
    'CPU / sharp, three pipelines (≤ 1.10)': rounded(cpu(service) / cpu(three), 2),
    'CPU / sharp, decode once': rounded(cpu(service) / cpu(once), 2),
    'images/s / in turn (≥ 2)': rounded(rate(service) / rate(inTurn), 2),
    'images/s / Promise.all (≥ 1.5)': rounded(rate(service) / rate(atOnce), 2),
  }));
  printTable('ratios, with their targets', ratios);
  const measured = rows.map(({ durationsMs, ...row }) => ({
    ...row,
    imagesPerSecond: rate(row),
    cpuMsPerImage: cpu(row),
    p50Ms: percentile(durationsMs, 0.5),
    p99Ms: percentile(durationsMs, 0.99),
  }));
  return { measured, ratios };
}
