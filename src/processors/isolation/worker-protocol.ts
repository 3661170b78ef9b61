import type { Limits } from '../guard/guard.ts';
import type { Pipeline } from '../pipeline.ts';
import type { StepLimits } from '../steps/step.ts';
import type { Developed, DevelopOptions, Refused } from '../types.ts';
import type { LaidPaused, LaidRenditions } from './laid-down.ts';
import type { Resume } from './stretch.ts';

/** What a worker process is given once, as its argument. */
export interface WorkerSettings {
  readonly limits: Limits;
  readonly pipelines: readonly Pipeline[];
}

/** One image: where its bytes lie and where the renditions go. */
export interface WorkerJob extends Omit<DevelopOptions, 'signal' | 'limits' | 'pipeline'> {
  readonly inputPath: string;
  readonly inputBytes: number;
  readonly outputPath: string;
  readonly limits: Limits;
  /** Name of one of the pipelines. */
  readonly pipeline: string;
  /** A step outside of the workers has answered: go on from there. */
  readonly resume?: Resume;
}

/** Sent when a worker begins with a job: the one that is to be killed if it does not end. */
export interface WorkerStarted {
  readonly worker: string;
  readonly pid: number;
}

/** Sent when a module begins, and with null when it has ended. */
export interface WorkerModule {
  readonly module: (Pick<StepLimits, 'timeoutMs' | 'memoryBytes'> & { readonly name: string }) | null;
}

/** The files could not be read or written: neither the image's nor the processors' doing. */
export interface ScratchFailure {
  readonly outcome: 'scratch-failure';
  readonly reason: string;
}

/** The renditions' bytes lie in the output file, one behind the other, in this order. */
export type WorkerResult =
  | Refused
  | ScratchFailure
  | LaidPaused
  | (Omit<Developed, 'renditions'> & { readonly renditions: LaidRenditions });
