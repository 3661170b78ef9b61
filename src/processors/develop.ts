import sharp, { type Metadata } from 'sharp';
import { readHeader } from './drawing/decode.ts';
import type { Copyright } from './drawn.ts';
import { readExif } from './facts/exif.ts';
import { factsOfBytes, factsOfHeader, lookOf } from './facts/facts.ts';
import { xmpOfGif } from './facts/xmp.ts';
import { guardBytes, guardFormat, guardHeader, type Limits } from './guard/guard.ts';
import { identify } from './guard/identify.ts';
import { guardSvg } from './guard/svg-guard.ts';
import type { Paused, Resumed } from './isolation/stretch.ts';
import { allowLoaders } from './loaders.ts';
import { type Pipeline, pipelineId } from './pipeline.ts';
import { firstLine, Refusal, toRefused } from './refusal.ts';
import { handOver } from './steps/hand-over.ts';
import type { RawImage } from './steps/plug-in.ts';
import type { StepsContext } from './steps/run-modules.ts';
import type { StepReport } from './steps/step.ts';
import { transform } from './transform.ts';
import type { Developed, DevelopOptions, ImageFacts, Refused, Rendition } from './types.ts';

/**
 * Prepares this process for strangers' images: only the decoders of allowed formats exist in it. Parallelism is one
 * image a process, so one thread an image; libvips' cache serves repeated work on one file only.
 */
export function prepareProcess(limits: Limits): void {
  allowLoaders(limits.formats);
  sharp.concurrency(1);
  sharp.cache(false);
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
export async function developStretch(bytes: Buffer, job: DevelopJob): Promise<Developed | Refused | Paused> {
  const { limits, pipeline, resumed, onModule = () => {} } = job;
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  const reports: StepReport[] = [];
  const extra: Rendition[] = [];
  const told = () => (reports.length > 0 ? { steps: reports } : {});
  let known: Partial<ImageFacts> = resumed?.at.facts ?? { bytes: bytes.length, format: identify(bytes) };
  try {
    const { facts, header, copyright } = await examined(bytes, job, (facts) => {
      known = facts;
    });
    let all: ImageFacts = facts;
    const seeDecoded = (image: RawImage) => {
      all = { ...facts, look: lookOf(image) };
      known = all;
    };
    const taken = resumed?.at.taken ?? [];
    const context = { facts, limits, pipeline, reports, extra, taken, onModule };
    const { focalPoint, renditionFormats } = job;
    const asked = { context, resumed, focalPoint, renditionFormats, copyright };
    const made = await transform(bytes, facts, header, asked, seeDecoded);
    if ('next' in made) {
      const { picture, next: step } = made;
      const handed = await handOver(picture, step, pipeline);
      const told = { renditions: extra, steps: reports, durationMs: elapsedMs() };
      return { outcome: 'paused', step, facts: all, picture, ...handed, ...told };
    }
    return {
      outcome: 'processed',
      facts: all,
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
  { limits, camera, resumed }: Pick<DevelopJob, 'limits' | 'camera' | 'resumed'>,
  onFacts: (known: Partial<ImageFacts>) => void,
): Promise<{
  readonly facts: ImageFacts;
  readonly header: Metadata;
  readonly copyright: Copyright | undefined;
}> {
  const known = resumed?.at.facts;
  if (!known) guardBytes(bytes.length, limits);
  const seen = known ?? factsOfBytes(bytes);
  if (!known) onFacts(seen);
  // What is gone on with has been guarded before its first step.
  const format = known ? undefined : guardFormat(bytes, seen.format, limits);
  if (format === 'svg') guardSvg(bytes, limits.maxSidePx);
  const header = await readHeader(bytes);
  const exif =
    seen.format === 'gif'
      ? readExif({ xmp: xmpOfGif(bytes) })
      : readExif(header, seen.format === 'tiff' ? bytes : undefined);
  const { copyright } = exif;
  if (known) return { facts: known, header, copyright };
  const facts = factsOfHeader(seen, header, exif, camera);
  onFacts(facts);
  if (format) guardHeader(bytes, format, header, limits);
  return { facts, header, copyright };
}
