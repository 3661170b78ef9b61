import { makePhotograph } from '../dev/samples/index.ts';
import { mebibytes, printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { startDarkroom } from './subject.ts';

const PARTITIONS = 6;
const READY_WITHIN_MS = 60_000;
/** A tenth of the slowest rate that was seen. */
const IMAGE_WITHIN_MS = 600;
const DIFFERENT_OBJECTS = 40;
const MIB = 1024 ** 2;
const BUDGET_MIB = 64;
const WORKER_MIB = 256;
const WORKERS = 2;
/**
 * What the service's own process needs besides its budget, whatever the backlog: code, connections, one response of the broker, and
 * garbage with the buffers that hang on it, which flags of V8 keep small (docs/adr/0034).
 */
const OWN_MIB = 384;

export interface MemoryOptions {
  readonly images: number;
  /** Of each photograph. */
  readonly widthPx: number;
}

/** Resident memory of the service, all its processes, while it works through a backlog; throws when it passes its bound. */
export async function benchMemory(lab: Lab, { images, widthPx }: MemoryOptions): Promise<object> {
  const photographs: Buffer[] = [];
  for (let seed = 0; seed < DIFFERENT_OBJECTS; seed++)
    photographs.push(await makePhotograph(seed, widthPx, Math.round((widthPx * 3) / 4)));
  const rows = [
    await run(lab, images, photographs, 'reference'),
    await run(lab, images, photographs, 'inline'),
  ];
  printTable(
    `memory: a backlog of ${images} images of about ${Math.round((photographs[0]?.length ?? 0) / 1000)} kB; ` +
      `MEMORY_BUDGET=${BUDGET_MIB}MiB WORKERS=${WORKERS} WORKER_MEMORY=${WORKER_MIB}MiB`,
    rows.map((row) => ({
      what: row.way,
      'images/s': rounded(row.imagesPerSecond),
      'idle MiB': mebibytes(row.idleBytes),
      'own peak MiB': mebibytes(row.mainPeakBytes),
      'own bound': OWN_MIB + BUDGET_MIB,
      'largest worker MiB': mebibytes(row.workerPeakBytes),
      'worker bound': WORKER_MIB,
      'all peak MiB': mebibytes(row.peakBytes),
      'last quarter / third': rounded(row.growth, 2),
    })),
  );
  for (const { way, mainPeakBytes, workerPeakBytes } of rows) {
    if (mainPeakBytes > (OWN_MIB + BUDGET_MIB) * MIB) throw new Error(`${way}: the service passed its bound`);
    if (workerPeakBytes > WORKER_MIB * MIB) throw new Error(`${way}: a worker passed its bound`);
  }
  return { budgetMib: BUDGET_MIB, workerMib: WORKER_MIB, workers: WORKERS, rows };
}

async function run(lab: Lab, images: number, photographs: readonly Buffer[], way: 'inline' | 'reference') {
  const name = `memory-${way}`;
  const topics = await lab.serviceTopics(name, PARTITIONS);
  if (way === 'reference') {
    await Promise.all(photographs.map((photograph, index) => lab.put(objectKey(index), photograph)));
  }
  // The whole backlog is there before the service starts: nothing but its own bounds keeps it from taking all of it.
  await lab.feed(topics.stream, PARTITIONS, backlog(lab, images, photographs, way));
  const subject = startDarkroom(lab.stack.environment(), topics, {
    MEMORY_BUDGET: `${BUDGET_MIB}MiB`,
    WORKERS: String(WORKERS),
    WORKER_MEMORY: `${WORKER_MIB}MiB`,
  });
  const samples: number[] = [];
  let mainPeakBytes = 0;
  let workerPeakBytes = 0;
  try {
    await subject.until('starting', 1, READY_WITHIN_MS);
    const idleBytes = subject.usage().mainBytes;
    const startedMs = performance.now();
    const sample = setInterval(() => {
      const { mainBytes, childBytes } = subject.usage();
      mainPeakBytes = Math.max(mainPeakBytes, mainBytes);
      workerPeakBytes = Math.max(workerPeakBytes, ...childBytes);
      samples.push(mainBytes + childBytes.reduce((sum, bytes) => sum + bytes, 0));
    }, 100);
    await subject.until('image processed', images, READY_WITHIN_MS + images * IMAGE_WITHIN_MS);
    clearInterval(sample);
    const quarter = Math.floor(samples.length / 4);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      way,
      images,
      imagesPerSecond: (images * 1000) / (performance.now() - startedMs),
      idleBytes,
      mainPeakBytes,
      workerPeakBytes,
      peakBytes: Math.max(...samples),
      growth: mean(samples.slice(-quarter)) / mean(samples.slice(-2 * quarter, -quarter)),
    };
  } finally {
    await subject.end();
  }
}

const objectKey = (index: number): string => `bench/memory/${index}.jpg`;

function* backlog(
  lab: Lab,
  images: number,
  photographs: readonly Buffer[],
  way: 'inline' | 'reference',
): Generator<BenchRecord> {
  for (let index = 0; index < images; index++) {
    const photograph = photographs[index % photographs.length] ?? Buffer.alloc(0);
    const headers = { 'customer-id': 'bench', 'image-id': `memory-${way}-${index}` };
    if (way === 'inline') {
      yield { value: photograph, headers };
      continue;
    }
    const key = objectKey(index % photographs.length);
    const reference = { bucket: lab.stack.addresses.s3.bucket, key, sizeBytes: photograph.length };
    const contentType = 'application/vnd.darkroom.reference+json';
    yield {
      value: Buffer.from(JSON.stringify(reference)),
      headers: { ...headers, 'content-type': contentType },
    };
  }
}
