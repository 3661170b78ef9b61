import { hash } from 'node:crypto';
import sharp, { type Metadata } from 'sharp';
import { type DecodableFormat, guardBytes, guardFormat, guardHeader, type Limits } from './guard.ts';
import { handOver } from './hand-over.ts';
import { identify } from './identify.ts';
import { type Pipeline, pipelineId } from './pipeline.ts';
import { firstLine, Refusal, toRefused } from './refusal.ts';
import type { StepsContext } from './run-modules.ts';
import type { StepReport } from './step.ts';
import type { Paused, Resumed } from './stretch.ts';
import { readHeader, transform } from './transform.ts';
import type { Developed, DevelopOptions, ImageFacts, Refused, Rendition } from './types.ts';

const LOADERS: Readonly<Record<DecodableFormat, string>> = {
  jpeg: 'VipsForeignLoadJpeg',
  png: 'VipsForeignLoadPng',
  webp: 'VipsForeignLoadWebp',
  gif: 'VipsForeignLoadNsgif',
  avif: 'VipsForeignLoadHeif',
  tiff: 'VipsForeignLoadTiff',
};

/**
 * Prepares this process for strangers' images: only the decoders of allowed formats exist in it. Parallelism is one
 * image a process, so one thread an image; libvips' cache serves repeated work on one file only.
 */
export function prepareProcess(limits: Limits): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: limits.formats.map((format) => LOADERS[format]) });
  sharp.concurrency(1);
  sharp.cache(false);
}

/** What can be told of any bytes without decoding them. */
export function factsOfBytes(bytes: Buffer): Pick<ImageFacts, 'bytes' | 'format' | 'sha256'> {
  return { bytes: bytes.length, format: identify(bytes), sha256: hash('sha256', bytes, 'hex') };
}

/** What is asked for one image, with all names looked up. */
export interface DevelopJob extends Omit<DevelopOptions, 'signal' | 'limits' | 'pipeline'> {
  readonly limits: Limits;
  readonly pipeline: Pipeline;
  /** A step outside of the worker has answered: go on from there. */
  readonly resumed?: Resumed;
  /** Told when a module of the pipeline begins, and with nothing when it has ended. */
  readonly onModule?: StepsContext['onModule'];
}

/** Identify, guard, transform, in this process. Never rejects: a fault of ours is DEVELOP_FAILED. */
export async function develop(bytes: Buffer, job: DevelopJob): Promise<Developed | Refused> {
  const result = await developStretch(bytes, job);
  if (result.outcome !== 'paused') return result;
  const why = `the step ${result.step} of ${pipelineId(job.pipeline)} does not run in this process`;
  return toRefused(new Refusal('failed', 'DEVELOP_FAILED', why), result.facts, result.durationMs);
}

/** The same, up to a step outside of this process. */
export async function developStretch(
  bytes: Buffer,
  { limits, pipeline, resumed, onModule = () => {} }: DevelopJob,
): Promise<Developed | Refused | Paused> {
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  const reports: StepReport[] = [];
  const extra: Rendition[] = [];
  const told = () => (reports.length > 0 ? { steps: reports } : {});
  let known: Partial<ImageFacts> = resumed?.at.facts ?? { bytes: bytes.length, format: identify(bytes) };
  try {
    const { facts, header } = await examined(bytes, limits, resumed, (facts) => {
      known = facts;
    });
    const taken = resumed?.at.taken ?? [];
    const context = { facts, limits, pipeline, reports, extra, taken, onModule };
    const made = await transform(bytes, facts, header, context, resumed);
    if ('next' in made) {
      const { picture, next: step } = made;
      const handed = await handOver(picture, step, pipeline);
      const durationMs = elapsedMs();
      return {
        outcome: 'paused',
        step,
        facts,
        picture,
        ...handed,
        renditions: extra,
        steps: reports,
        durationMs,
      };
    }
    return {
      outcome: 'processed',
      facts,
      pipeline: pipelineId(pipeline),
      ...(pipeline.fingerprint === undefined ? {} : { fingerprint: pipeline.fingerprint }),
      renditions: made,
      durationMs: elapsedMs(),
      ...told(),
    };
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('failed', 'DEVELOP_FAILED', `the image could not be finished: ${firstLine(error)}`);
    return { ...toRefused(refusal, known, elapsedMs()), ...told() };
  }
}

/** Facts and header of an image that the guard lets through; what is known on the way is told to `onFacts`. */
async function examined(
  bytes: Buffer,
  limits: Limits,
  resumed: Resumed | undefined,
  onFacts: (known: Partial<ImageFacts>) => void,
): Promise<{ readonly facts: ImageFacts; readonly header: Metadata }> {
  if (resumed) return { facts: resumed.at.facts, header: await readHeader(bytes) };
  guardBytes(bytes.length, limits);
  const seen = factsOfBytes(bytes);
  onFacts(seen);
  guardFormat(seen.format, limits);
  const header = await readHeader(bytes);
  const { width, height } = header.autoOrient;
  const facts = { ...seen, width, height, frames: header.pages ?? 1, hasAlpha: header.hasAlpha };
  onFacts(facts);
  guardHeader(header, limits);
  return { facts, header };
}
