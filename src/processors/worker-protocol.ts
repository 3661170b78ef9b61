import type { Limits } from './guard.ts';
import type { Pipeline } from './pipeline.ts';
import type { Developed, DevelopOptions, Refused, Rendition } from './types.ts';

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
}

/** Sent when a worker begins with a job: the one that is to be killed if it does not end. */
export interface WorkerStarted {
  readonly worker: string;
  readonly pid: number;
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
  | (Omit<Developed, 'renditions'> & {
      readonly renditions: readonly (Omit<Rendition, 'body'> & { readonly bytes: number })[];
    });
