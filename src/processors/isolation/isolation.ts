import { StreamsError } from '../../topology/errors.ts';
import { factsOfBytes } from '../facts/facts.ts';
import { guardBytes, guardFormat, type Limits, narrowed } from '../guard/guard.ts';
import { identify } from '../guard/identify.ts';
import { type Pipeline, pipelineNamed } from '../pipeline.ts';
import { Refusal, toRefused } from '../refusal.ts';
import { stepFailed } from '../steps/answer.ts';
import { checkSteps } from '../steps/check-steps.ts';
import type { RemoteSteps } from '../steps/outside-step.ts';
import { createOutsideSteps, imagesAtOnce } from '../steps/outside-steps.ts';
import { stepName } from '../steps/step.ts';
import type { Darkroom, Developed, Refused } from '../types.ts';
import { createGate } from './gate.ts';
import { cut, withBodies } from './laid-down.ts';
import { createScratch, type Slot, scratchUnavailable } from './scratch.ts';
import { inStretches, type PickedUp } from './stretches.ts';
import { createWorkerPool, WorkerLost } from './worker-pool.ts';
import type { WorkerJob, WorkerResult } from './worker-protocol.ts';

export interface DarkroomOptions {
  /** Images at once, each in a process of its own; the number of cores is right. */
  readonly workers: number;
  /** From the moment a worker begins with an image to its result, after which the worker is killed. */
  readonly deadlineMs: number;
  /** Resident bytes of one worker process, above which it is killed. A 50-megapixel progressive JPEG needs some 350 MiB. */
  readonly workerMemoryBytes: number;
  /** After so many images a worker ends and a new one takes its place; what a plug-in leaks ends with it. Default 1000. */
  readonly workerImages?: number;
  readonly limits: Limits;
  /** At least one; their names differ. An image for which none is named goes through the first. */
  readonly pipelines: readonly [Pipeline, ...Pipeline[]];
  /** Clients of steps on other machines; needed where a pipeline has one. */
  readonly remoteSteps?: RemoteSteps;
  /** Where images pass to the workers; by default in memory (/dev/shm), else in the temporary folder. */
  readonly scratchFolder?: string;
}

/** What a worker is told of an image besides where its bytes are. */
type Asked = Omit<WorkerJob, 'inputPath' | 'inputBytes' | 'outputPath'>;

/** One on the way in, one on the way out; renditions are smaller than what may come in. */
const SCRATCH_FILES = 2;
/** A worker that dies may have been the victim of another; a second death in a fresh one is the image's doing. */
const MAX_CRASHES = 2;
/** A new worker costs a quarter of a second: a thousandth of a thousand photographs. */
const WORKER_IMAGES = 1000;

/**
 * The processors behind a wall: what an image or a plug-in does (hang, crash, eat memory) costs that image only.
 * Throws PLUGIN_MISSING when a step of the pipeline is not there.
 */
export function createDarkroom(options: DarkroomOptions): Darkroom {
  const { limits: serviceLimits, pipelines, deadlineMs, workerMemoryBytes, workers } = options;
  checkSteps(pipelines, options.remoteSteps);
  const images = imagesAtOnce(workers, pipelines);
  const scratch = createScratch(images * SCRATCH_FILES * serviceLimits.maxBytes, options.scratchFolder);
  const pool = createWorkerPool({
    workers,
    deadlineMs,
    memoryBytes: workerMemoryBytes,
    maxJobs: options.workerImages ?? WORKER_IMAGES,
    settings: { limits: serviceLimits, pipelines },
  });
  const free = Array.from({ length: images }, () => scratch.slot());
  const outside = createOutsideSteps(workers, options.remoteSteps);
  const atWorker = createGate(workers);
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
  ): Promise<Developed | Refused | PickedUp> => {
    const { inputPath, outputPath } = slot;
    const job = { ...asked, inputPath, inputBytes: bytes.length, outputPath };
    let crashes = 0;
    let unstarted = 0;
    for (;;) {
      try {
        slot.write(bytes);
        return pickUp(await atWorker(() => pool.run(job, signal), signal), slot);
      } catch (error) {
        if (!(error instanceof WorkerLost)) throw error;
        signal.throwIfAborted();
        if (error.ofModule) throw overLimit(error, pipelineNamed(pipelines, asked.pipeline));
        const during = error.module === undefined ? '' : `, in the plug-in ${error.module}`;
        if (error.loss === 'timeout') {
          throw failed('WORKER_TIMEOUT', `it took more than ${deadlineMs} ms${during}`);
        }
        if (error.loss === 'memory') {
          throw failed(
            'WORKER_OUT_OF_MEMORY',
            `its worker took more than ${workerMemoryBytes} bytes${during}`,
          );
        }
        if (error.loss === 'unstarted' && ++unstarted > workers) {
          throw failed('WORKER_CRASHED', 'no worker process could be started');
        }
        if (error.loss === 'crash' && ++crashes === MAX_CRASHES) {
          throw failed('WORKER_CRASHED', `its worker process ended, in two attempts${during}`);
        }
      }
    }
  };

  const develop: Darkroom['develop'] = async (bytes, { signal: caller, limits: own = {}, ...wishes }) => {
    const limits = narrowed(serviceLimits, own);
    const startedMs = performance.now();
    const signal = caller ? AbortSignal.any([caller, end.signal]) : end.signal;
    signal.throwIfAborted();
    const refused = (error: unknown): Refused => {
      if (!(error instanceof Refusal)) throw error;
      return toRefused(error, factsFor(bytes, limits), Math.round(performance.now() - startedMs));
    };
    const pipeline = pipelineNamed(pipelines, wishes.pipeline ?? pipelines[0].name);
    try {
      // What needs no decoder needs no worker.
      guardBytes(bytes.length, limits);
      guardFormat(bytes, identify(bytes), limits);
    } catch (error) {
      return refused(error);
    }
    const slot = await acquire(signal);
    active++;
    try {
      return await inStretches(bytes, {
        pipeline,
        outside,
        work: (input, resume) =>
          attempt(input, { ...wishes, limits, pipeline: pipeline.name, resume }, slot, signal),
        signal,
      });
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

/** A module's own limit, which its step names. */
function overLimit({ loss, module = '' }: WorkerLost, { steps }: Pipeline): Refusal {
  const limits = steps.find((step) => stepName(step) === module)?.limits;
  return loss === 'timeout'
    ? stepFailed(module, `it took more than ${limits?.timeoutMs} ms`, 'PLUGIN_TIMEOUT')
    : stepFailed(module, `its worker took more than ${limits?.memoryBytes} bytes`, 'PLUGIN_OUT_OF_MEMORY');
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

function pickUp(result: WorkerResult, slot: Slot): Developed | Refused | PickedUp {
  if (result.outcome === 'scratch-failure') throw scratchUnavailable(slot.outputPath, result.reason);
  if (result.outcome !== 'processed' && result.outcome !== 'paused') return result;
  const handed = result.outcome === 'paused' ? result.handedBytes : undefined;
  const lengths = [...(handed === undefined ? [] : [handed]), ...result.renditions.map(({ bytes }) => bytes)];
  const parts = cut(slot.read(lengths.reduce((sum, length) => sum + length, 0)), lengths);
  const renditions = withBodies(result.renditions, handed === undefined ? parts : parts.slice(1));
  if (result.outcome === 'processed') return { ...result, renditions };
  return { laid: result, handed: handed === undefined ? undefined : parts[0], renditions };
}
