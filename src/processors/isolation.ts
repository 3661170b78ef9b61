import { StreamsError } from '../topology/errors.ts';
import { checkSteps } from './check-steps.ts';
import { factsOfBytes } from './develop.ts';
import { guardBytes, guardFormat, type Limits, narrowed } from './guard.ts';
import { identify } from './identify.ts';
import { type Pipeline, pipelineNamed } from './pipeline.ts';
import { Refusal, toRefused } from './refusal.ts';
import { createScratch, type Slot, scratchUnavailable } from './scratch.ts';
import type { Darkroom, Developed, Refused } from './types.ts';
import { createWorkerPool, WorkerLost } from './worker-pool.ts';
import type { WorkerJob, WorkerResult } from './worker-protocol.ts';

export interface DarkroomOptions {
  /** Images at once, each in a process of its own; the number of cores is right. */
  readonly workers: number;
  /** From the moment a worker begins with an image to its result, after which the worker is killed. */
  readonly deadlineMs: number;
  /** Resident bytes of one worker process, above which it is killed. A 50-megapixel progressive JPEG needs some 350 MiB. */
  readonly workerMemoryBytes: number;
  readonly limits: Limits;
  /** At least one; their names differ. An image for which none is named goes through the first. */
  readonly pipelines: readonly [Pipeline, ...Pipeline[]];
  /** Where images pass to the workers; by default in memory (/dev/shm), else in the temporary folder. */
  readonly scratchFolder?: string;
}

/** What a worker is told of an image besides where its bytes are. */
type Asked = Omit<WorkerJob, 'inputPath' | 'inputBytes' | 'outputPath'>;

/** One on the way in, one on the way out; renditions are smaller than what may come in. */
const SCRATCH_FILES = 2;
/** A worker that dies may have been the victim of another; a second death in a fresh one is the image's doing. */
const MAX_CRASHES = 2;

/**
 * The processors behind a wall: what an image or a plug-in does (hang, crash, eat memory) costs that image only.
 * Throws PLUGIN_MISSING when a step of the pipeline is not there.
 */
export function createDarkroom(options: DarkroomOptions): Darkroom {
  const { limits: serviceLimits, pipelines, deadlineMs, workerMemoryBytes, workers } = options;
  checkSteps(pipelines);
  const scratch = createScratch(workers * SCRATCH_FILES * serviceLimits.maxBytes, options.scratchFolder);
  const pool = createWorkerPool({
    workers,
    deadlineMs,
    memoryBytes: workerMemoryBytes,
    settings: { limits: serviceLimits, pipelines },
  });
  const free = Array.from({ length: workers }, () => scratch.slot());
  const queue: ((slot: Slot) => void)[] = [];
  const end = new AbortController();
  let active = 0;

  const acquire = (signal: AbortSignal): Slot | Promise<Slot> => {
    const slot = free.pop();
    if (slot) return slot;
    return new Promise((resolve, reject) => {
      const take = (next: Slot): void => {
        signal.removeEventListener('abort', leave);
        resolve(next);
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(take), 1);
        reject(signal.reason);
      };
      queue.push(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  };

  const release = (slot: Slot): void => {
    const next = queue.shift();
    if (next) next(slot);
    else free.push(slot);
  };

  /** One image in one worker; again when the worker was lost by no fault of the image. */
  const attempt = async (
    bytes: Buffer,
    asked: Asked,
    slot: Slot,
    signal: AbortSignal,
  ): Promise<Developed | Refused> => {
    const { inputPath, outputPath } = slot;
    const job = { ...asked, inputPath, inputBytes: bytes.length, outputPath };
    let crashes = 0;
    let unstarted = 0;
    for (;;) {
      try {
        slot.write(bytes);
        return withBodies(await pool.run(job, signal), slot);
      } catch (error) {
        if (!(error instanceof WorkerLost)) throw error;
        signal.throwIfAborted();
        if (error.loss === 'timeout') throw failed('WORKER_TIMEOUT', `it took more than ${deadlineMs} ms`);
        if (error.loss === 'memory') {
          throw failed('WORKER_OUT_OF_MEMORY', `its worker took more than ${workerMemoryBytes} bytes`);
        }
        if (error.loss === 'unstarted' && ++unstarted > workers) {
          throw failed('WORKER_CRASHED', 'no worker process could be started');
        }
        if (error.loss === 'crash' && ++crashes === MAX_CRASHES) {
          throw failed('WORKER_CRASHED', 'its worker process ended, in two attempts');
        }
      }
    }
  };

  const develop: Darkroom['develop'] = async (bytes, { signal: caller, limits: own = {}, ...wishes }) => {
    const limits = narrowed(serviceLimits, own);
    const pipeline = pipelineNamed(pipelines, wishes.pipeline ?? pipelines[0].name).name;
    const startedMs = performance.now();
    const signal = caller ? AbortSignal.any([caller, end.signal]) : end.signal;
    signal.throwIfAborted();
    const refused = (error: unknown): Refused => {
      if (!(error instanceof Refusal)) throw error;
      return toRefused(error, factsFor(bytes, limits), Math.round(performance.now() - startedMs));
    };
    try {
      // What needs no decoder needs no worker.
      guardBytes(bytes.length, limits);
      guardFormat(identify(bytes), limits);
    } catch (error) {
      return refused(error);
    }
    const slot = await acquire(signal);
    active++;
    try {
      return await attempt(bytes, { ...wishes, limits, pipeline }, slot, signal);
    } catch (error) {
      signal.throwIfAborted();
      return refused(error);
    } finally {
      active--;
      if (!end.signal.aborted) slot.trim();
      release(slot);
    }
  };

  return {
    develop,
    workers: () => pool.alive(),
    close: async () => {
      if (end.signal.aborted) return;
      end.abort(
        new StreamsError('DARKROOM_CLOSED', 'retry', 'the darkroom is being closed; send the image again'),
      );
      await pool.close();
      while (active > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const slot of free) slot.close();
      scratch.remove();
    },
  };
}

function failed(code: string, why: string): Refusal {
  return new Refusal('failed', code, `the image could not be finished: ${why}`);
}

/** A body over the limit is not hashed: that would be work for bytes nobody wants. */
function factsFor(bytes: Buffer, limits: Limits): Refused['facts'] {
  return bytes.length > limits.maxBytes
    ? { bytes: bytes.length, format: identify(bytes) }
    : factsOfBytes(bytes);
}

function withBodies(result: WorkerResult, slot: Slot): Developed | Refused {
  if (result.outcome === 'scratch-failure') throw scratchUnavailable(slot.outputPath, result.reason);
  if (result.outcome !== 'processed') return result;
  const all = slot.read(result.renditions.reduce((sum, { bytes }) => sum + bytes, 0));
  let at = 0;
  const renditions = result.renditions.map(({ bytes, ...rest }) => {
    const body = all.subarray(at, at + bytes);
    at += bytes;
    return { ...rest, body };
  });
  return { ...result, renditions };
}
