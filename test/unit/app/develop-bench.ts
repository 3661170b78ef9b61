import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { DevelopDeps } from '../../../src/app/deps.ts';
import { developTopology } from '../../../src/app/develop.ts';
import { createDarkroom, DEFAULT_LIMITS, STANDARD_PIPELINE } from '../../../src/processors/index.ts';
import type { Darkroom } from '../../../src/processors/types.ts';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import { createFilesystemStore } from '../../../src/sinks/filesystem.ts';
import type { ObjectFetcher } from '../../../src/sources/object-fetcher.ts';
import type { Headers, ProducedRecord } from '../../../src/topology/index.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';

export const topics = {
  imageUploads: 'image-uploads',
  imageStream: 'image-stream',
  imagePolicies: 'image-policies',
  imageStats: 'image-stats',
  imageDeadLetter: 'image-dead-letter',
};
export const codec = createLocalCodec();

/** The real processors in real workers; started once a test file, closed by its end. */
export const startDarkroom = (): Darkroom =>
  createDarkroom({
    workers: 2,
    deadlineMs: 20_000,
    workerMemoryBytes: 1024 * 1024 * 1024,
    limits: DEFAULT_LIMITS,
    pipelines: [STANDARD_PIPELINE],
  });

/** The application's own topology in the driver, over a folder that serves as its buckets. */
export class DevelopBench {
  readonly folder: string;
  readonly driver: TopologyTestDriver;
  /** Object keys that were fetched, in order. */
  readonly fetched: string[] = [];
  readonly outcomes: ImageProcessed[] = [];
  readonly repeats: ImageProcessed[] = [];

  static async open(darkroom: Darkroom, change: (deps: DevelopDeps) => Partial<DevelopDeps> = () => ({})) {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-app-'));
    return new DevelopBench(folder, darkroom, change);
  }

  private constructor(
    folder: string,
    darkroom: Darkroom,
    change: (deps: DevelopDeps) => Partial<DevelopDeps>,
  ) {
    this.folder = folder;
    const deps: DevelopDeps = {
      topics,
      codec,
      fetcher: folderFetcher(folder, this.fetched),
      darkroom,
      workers: 2,
      archive: createFilesystemStore({ folder }),
      archiveBucket: 'images',
      allowedBuckets: new Set(['images']),
      streamForm: 'bytes',
      pipelines: new Set([STANDARD_PIPELINE.name]),
      maxImageBytes: DEFAULT_LIMITS.maxBytes,
      nowMs: () => 1_795_000_000_999,
      onOutcome: (event) => this.outcomes.push(event),
      onRepeat: (event) => this.repeats.push(event),
    };
    this.driver = new TopologyTestDriver(developTopology({ ...deps, ...change(deps) }));
  }

  stream(value: Buffer | string | null, headers: Record<string, string>, key: Buffer | null = null) {
    return this.driver.pipe({
      topic: topics.imageStream,
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      timestamp: 1_795_000_000_000,
      headers: headersOf(headers),
    });
  }

  upload(value: Buffer) {
    return this.driver.pipe({ topic: topics.imageUploads, key: Buffer.from('k'), value });
  }

  async putObject(key: string, body: Buffer): Promise<void> {
    await mkdir(dirname(join(this.folder, key)), { recursive: true });
    await writeFile(join(this.folder, key), body);
  }

  readObject(key: string): Promise<Buffer> {
    return readFile(join(this.folder, key));
  }

  async objects(prefix: string): Promise<string[]> {
    const entries = await readdir(join(this.folder, prefix), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async events(): Promise<ImageProcessed[]> {
    const decoded = this.driver
      .readOutput(topics.imageStats)
      .map(async ({ key, value }) => ({ key, event: await codec.decodeProcessed(value) }));
    return (await Promise.all(decoded)).map(({ key, event }) => {
      if (!event.ok) throw new Error(event.reason);
      if (key?.toString() !== event.value.eventId)
        throw new Error(`key ${key} of event ${event.value.eventId}`);
      return event.value;
    });
  }

  letters(): ProducedRecord[] {
    return this.driver.readOutput(topics.imageDeadLetter);
  }

  async close(): Promise<void> {
    await this.driver.close();
    await rm(this.folder, { recursive: true });
  }
}

export const headersOf = (headers: Record<string, string>): Headers =>
  Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);

/** The last header of that name. */
export const headerOf = (record: ProducedRecord | undefined, name: string): string | undefined =>
  record?.headers.findLast(([header]) => header === name)?.[1]?.toString();

export const jpeg = (width = 320, height = 240): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#c63' } })
    .jpeg()
    .toBuffer();

function folderFetcher(folder: string, fetched: string[]): ObjectFetcher {
  const read = (key: string) => readFile(join(folder, key)).catch(() => undefined);
  return {
    async head({ key }) {
      const body = await read(key);
      return body && { bytes: body.length };
    },
    async get({ key }, { expectedBytes }) {
      fetched.push(key);
      const body = await read(key);
      if (body === undefined) return { found: 'nothing' };
      return body.length === expectedBytes
        ? { found: 'object', body }
        : { found: 'size-differs', bytes: body.length };
    },
  };
}
