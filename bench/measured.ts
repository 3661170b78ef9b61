import { mebibytes, percentile, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { nodeProgram, Subject } from './subject.ts';

export const PARTITIONS = 6;
const WITHIN_MS = 300_000;
const REFERENCE = 'application/vnd.darkroom.reference+json';

/** What one subject used for its images. */
export interface Measured {
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

export const rate = ({ images, seconds }: Pick<Measured, 'images' | 'seconds'>): number => images / seconds;
export const cpu = ({ images, cpuMs }: Pick<Measured, 'images' | 'cpuMs'>): number => cpuMs / images;

/** The rounds of one subject as one. */
export function together(rounds: readonly Measured[]): Measured {
  const sum = (of: (round: Measured) => number) => rounds.reduce((total, round) => total + of(round), 0);
  return {
    name: rounds[0]?.name ?? '',
    images: sum(({ images }) => images),
    seconds: sum(({ seconds }) => seconds),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    mainCpuMs: sum(({ mainCpuMs }) => mainCpuMs),
    peakBytes: Math.max(...rounds.map(({ peakBytes }) => peakBytes)),
    durationsMs: rounds.flatMap(({ durationsMs }) => durationsMs),
  };
}

/** A row of a printed table. */
export const shown = (row: Measured): Record<string, string | number> => ({
  what: row.name,
  images: row.images,
  'images/s': rounded(rate(row)),
  'CPU ms/image': rounded(cpu(row)),
  'own process': rounded(row.mainCpuMs / row.images),
  'p50 ms': row.durationsMs.length > 0 ? Math.round(percentile(row.durationsMs, 0.5)) : '',
  'p99 ms': row.durationsMs.length > 0 ? Math.round(percentile(row.durationsMs, 0.99)) : '',
  'peak RSS MiB': mebibytes(row.peakBytes),
});

/** A row as it is written to the results. */
export const kept = ({ durationsMs, ...row }: Measured): object => ({
  ...row,
  imagesPerSecond: row.images / row.seconds,
  cpuMsPerImage: row.cpuMs / row.images,
  p50Ms: percentile(durationsMs, 0.5),
  p99Ms: percentile(durationsMs, 0.99),
});

/** A program of `peers` that does all its images by itself and says what it used. */
export async function alone(name: string, peer: string, ...args: readonly string[]): Promise<Measured> {
  const subject = new Subject(nodeProgram(`peers/${peer}`, ...args), { UV_THREADPOOL_SIZE: '4' });
  await subject.until('done', 1, WITHIN_MS);
  const told = (what: string) => Number(subject.lines[0]?.[what]);
  return {
    name,
    images: told('images'),
    seconds: told('seconds'),
    cpuMs: told('cpuMs'),
    mainCpuMs: told('mainCpuMs'),
    peakBytes: told('residentBytes'),
    durationsMs: [],
  };
}

/**
 * The first half of the records is not counted: a young process compiles, and two or three compile more. Then the subject is frozen
 * while the backlog is written, so that writing it costs nobody's cores.
 */
export async function measure(
  subject: Subject,
  name: string,
  lab: Lab,
  topic: string,
  records: readonly BenchRecord[],
): Promise<Measured> {
  const done = 'image processed';
  const warmUp = Math.ceil(records.length / 2);
  try {
    await subject.until('ready', 1, WITHIN_MS);
    await lab.feed(topic, PARTITIONS, records.slice(0, warmUp));
    await subject.until(done, warmUp, WITHIN_MS);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const images = records.length - warmUp;
    subject.freeze();
    await lab.feed(topic, PARTITIONS, records.slice(warmUp));
    const before = subject.usage();
    let peakBytes = 0;
    const sample = setInterval(() => {
      const { mainBytes, childBytes } = subject.usage();
      peakBytes = Math.max(peakBytes, mainBytes + childBytes.reduce((sum, bytes) => sum + bytes, 0));
    }, 250);
    const startedMs = performance.now();
    subject.thaw();
    await subject.until(done, warmUp + images, WITHIN_MS);
    const seconds = (performance.now() - startedMs) / 1000;
    const after = subject.usage();
    const cpuMs = after.cpuMs - before.cpuMs;
    const mainCpuMs = after.mainCpuMs - before.mainCpuMs;
    clearInterval(sample);
    const durationsMs = subject.lines
      .filter(({ msg }) => msg === done)
      .slice(warmUp)
      .map(({ durationMs }) => Number(durationMs));
    return { name, images, seconds, cpuMs, mainCpuMs, peakBytes, durationsMs };
  } finally {
    await subject.end();
  }
}

/** Records of images: with the image itself, or with a reference to where it was put. */
export async function recordsOf(
  lab: Lab,
  images: readonly Buffer[],
  way: 'inline' | 'reference',
  name: string,
): Promise<BenchRecord[]> {
  if (way === 'reference')
    for (const [index, image] of images.entries()) await lab.put(objectKey(name, index), image);
  return images.map((image, index) => record(lab, image, index, way, name));
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
