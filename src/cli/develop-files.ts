import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { developTopology } from '../app/develop.ts';
import type { Pipeline } from '../processors/pipeline.ts';
import type { Darkroom } from '../processors/types.ts';
import type { ImageCodec } from '../serdes/codec.ts';
import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import { createLocalCodec } from '../serdes/local-codec.ts';
import type { ObjectStore } from '../sinks/types.ts';
import type { Headers } from '../topology/record.ts';
import { TopologyTestDriver } from '../topology/testing/driver.ts';
import type { FileResult } from './file-result.ts';
import type { FoundFile } from './find-files.ts';
import { InFlight } from './in-flight.ts';
import { developTopics, noObjects, type TopicNames } from './offline.ts';
import { type MoreTold, Told } from './told.ts';

/** Whose images these are; part of the path of every rendition. */
const CUSTOMER = 'local';
const READ_AHEAD_PER_WORKER = 4;

export interface DevelopFilesOptions {
  readonly darkroom: Pick<Darkroom, 'develop'>;
  readonly pipelines: readonly Pipeline[];
  readonly workers: number;
  readonly topics: TopicNames;
  readonly maxImageBytes: number;
  readonly memoryBudgetBytes: number;
  readonly archive: ObjectStore;
  /** The archive's folder. */
  readonly out: string;
  readonly stop: AbortSignal;
  /** Called once a file, in the order of the files. */
  readonly onResult: (result: FileResult) => void;
}

/**
 * Sends files through the very topology of the service, in the test driver: each is a record of the external stream, and its
 * event and dead letter are read back. Files are read ahead only as far as the memory budget goes.
 */
export async function developFiles(files: readonly FoundFile[], options: DevelopFilesOptions): Promise<void> {
  const codec = createLocalCodec();
  const told = new Told(options.darkroom);
  const driver = new TopologyTestDriver(offlineTopology({ ...options, darkroom: told }, codec), {
    memoryBudgetBytes: options.memoryBudgetBytes,
  });
  const room = new InFlight(options.memoryBudgetBytes, options.workers * READ_AHEAD_PER_WORKER);
  const outputs = new Outputs(driver, options.topics, codec);
  let sent = 0;
  let lastTold = Promise.resolve();
  let failed = false;
  const stopped = aborted(options.stop);
  stopped.catch(() => {}); // looked at wherever this waits

  /** Pipes a file, in the order of the calls; the result comes later. */
  const begin = async (file: FoundFile): Promise<{ result: Promise<FileResult> }> => {
    const unread = await problemOf(file, options);
    if ('code' in unread) return { result: Promise.resolve(refusedHere(file, unread)) };
    const offset = sent++;
    const headers = [
      ['customer-id', Buffer.from(CUSTOMER)],
      ['image-id', Buffer.from(file.path)],
    ] as const;
    const piped = driver.pipe({
      topic: options.topics.stream,
      key: Buffer.from(file.path),
      value: unread.bytes,
      headers,
    });
    return {
      result: piped.then(() => outputs.resultOf(offset, file, options.out, told.of(unread.bytes))),
    };
  };

  try {
    for (const file of files) {
      const leave = await Promise.race([room.enter(file.bytes), stopped]);
      if (failed) break;
      const { result } = await begin(file);
      const before = lastTold;
      lastTold = (async () => {
        const [told] = await Promise.all([result, before]);
        options.onResult(told);
      })().finally(leave);
      lastTold.catch(() => {
        failed = true; // thrown below, where the last of them is awaited
      });
    }
    await Promise.race([lastTold, stopped]);
  } finally {
    await driver.close();
  }
}

function offlineTopology(options: DevelopFilesOptions, codec: ImageCodec) {
  return developTopology({
    topics: developTopics(options.topics),
    codec,
    fetcher: noObjects,
    darkroom: options.darkroom,
    workers: options.workers,
    archive: options.archive,
    archiveBucket: options.out,
    allowedBuckets: new Set(),
    streamForm: 'bytes',
    pipelines: new Set(options.pipelines.map(({ name }) => name)),
    maxImageBytes: options.maxImageBytes,
    nowMs: Date.now,
  });
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

interface Problem {
  readonly outcome: 'rejected' | 'failed';
  readonly code: string;
  readonly reason: string;
}

/** The file's bytes, or why they were not read. */
async function problemOf(
  file: FoundFile,
  { maxImageBytes, memoryBudgetBytes }: DevelopFilesOptions,
): Promise<{ readonly bytes: Buffer } | Problem> {
  if (file.bytes > memoryBudgetBytes) {
    const reason = `the image has ${file.bytes} bytes; at most ${maxImageBytes} are allowed: send a smaller one`;
    return { outcome: 'rejected', code: 'IMAGE_TOO_LARGE', reason };
  }
  try {
    return { bytes: await readFile(file.path) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', code: 'FILE_UNREADABLE', reason: `the file cannot be read: ${why}` };
  }
}

/** The result of a file that never became a record. */
const refusedHere = (file: FoundFile, problem: Problem): FileResult => ({
  file: file.path,
  ...problem,
  type: 'unknown',
  bytes: file.bytes,
  width: null,
  height: null,
  frames: null,
  hasAlpha: null,
  sha256: null,
  megapixels: null,
  colourSpace: null,
  orientation: null,
  hasLocation: null,
  cameraMake: null,
  cameraModel: null,
  dominantColour: null,
  palette: null,
  thumbHash: null,
  perceptualHash: null,
  imageId: null,
  pipeline: null,
  durationMs: 0,
  steps: [],
  renditions: [],
  deadLetter: null,
});

/** Reads the topics that the driver wrote, and keeps what was not asked for yet. */
class Outputs {
  readonly #driver: TopologyTestDriver;
  readonly #topics: TopicNames;
  readonly #codec: Pick<ImageCodec, 'decodeProcessed'>;
  readonly #events = new Map<number, ImageProcessed>();
  readonly #letters = new Map<number, Record<string, string>>();

  constructor(driver: TopologyTestDriver, topics: TopicNames, codec: Pick<ImageCodec, 'decodeProcessed'>) {
    this.#driver = driver;
    this.#topics = topics;
    this.#codec = codec;
  }

  /** What became of the record at `offset`, whose turn is over. */
  async resultOf(offset: number, file: FoundFile, out: string, more: MoreTold): Promise<FileResult> {
    await this.#read();
    const event = this.#events.get(offset);
    if (!event) throw new Error(`the topology made no event of ${file.path}`);
    const letter = this.#letters.get(offset);
    this.#events.delete(offset);
    this.#letters.delete(offset);
    return {
      file: file.path,
      outcome: event.outcome,
      code: event.code,
      reason: event.reason,
      type: event.type,
      bytes: event.bytes ?? file.bytes,
      width: event.width,
      height: event.height,
      frames: event.frames,
      hasAlpha: event.hasAlpha,
      sha256: event.sha256,
      megapixels: event.megapixels,
      colourSpace: event.colourSpace,
      orientation: event.orientation,
      hasLocation: event.hasLocation,
      cameraMake: event.cameraMake,
      cameraModel: event.cameraModel,
      dominantColour: event.dominantColour,
      palette: event.palette,
      thumbHash: event.thumbHash,
      perceptualHash: event.perceptualHash,
      imageId: event.eventId,
      pipeline: event.pipeline,
      durationMs: event.durationMs,
      steps: more.steps,
      renditions: event.renditions.map(({ name, key, width, height, bytes, contentType }) => ({
        name,
        path: join(out, key),
        width,
        height,
        bytes,
        contentType,
        ...more.qualities.get(name),
      })),
      deadLetter: letter ? { topic: this.#topics.deadLetters, headers: letter } : null,
    };
  }

  async #read(): Promise<void> {
    for (const { headers } of this.#driver.readOutput(this.#topics.deadLetters)) {
      const told = ownHeaders(headers);
      this.#letters.set(Number(told['__streams.errors.offset']), told);
    }
    for (const { value } of this.#driver.readOutput(this.#topics.stats)) {
      const decoded = await this.#codec.decodeProcessed(value);
      if (!decoded.ok) throw new Error(`an event of ours cannot be decoded: ${decoded.reason}`);
      this.#events.set(decoded.value.sourceOffset, decoded.value);
    }
  }
}

/** The headers that a dead letter got from us. */
function ownHeaders(headers: Headers): Record<string, string> {
  const own = headers.filter(
    ([name]) => name.startsWith('__streams.errors.') || name.startsWith('darkroom.'),
  );
  return Object.fromEntries(own.map(([name, value]) => [name, value?.toString('utf8') ?? '']));
}
