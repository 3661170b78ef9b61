import sharp from 'sharp';
import { readHeader } from './drawing/decode.ts';
import { readExif } from './exif.ts';
import { factsOfBytes, factsOfHeader, lookOf } from './facts.ts';
import { guardBytes, guardFormat, guardHeader, type Limits } from './guard.ts';
import { identify } from './identify.ts';
import { allowLoaders } from './loaders.ts';
import { type Pipeline, pipelineId } from './pipeline.ts';
import type { RawImage } from './plug-in.ts';
import { firstLine, Refusal, toRefused } from './refusal.ts';
import { guardSvg } from './svg-guard.ts';
import { transform } from './transform.ts';
import type { Developed, DevelopOptions, ImageFacts, Refused } from './types.ts';

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
}

/** Identify, guard, transform, in this process. Never rejects: a fault of ours is DEVELOP_FAILED. */
export async function develop(bytes: Buffer, job: DevelopJob): Promise<Developed | Refused> {
  const { limits, pipeline, camera } = job;
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  let known: Partial<ImageFacts> = { bytes: bytes.length, format: identify(bytes) };
  try {
    guardBytes(bytes.length, limits);
    const seen = factsOfBytes(bytes);
    known = seen;
    const format = guardFormat(bytes, seen.format, limits);
    if (format === 'svg') guardSvg(bytes, limits.maxSidePx);
    const header = await readHeader(bytes);
    const exif = readExif(header, seen.format === 'tiff' ? bytes : undefined);
    const facts = factsOfHeader(seen, header, exif, camera);
    known = facts;
    guardHeader(bytes, format, header, limits);
    let all: ImageFacts = facts;
    const seeDecoded = (image: RawImage) => {
      all = { ...facts, look: lookOf(image) };
      known = all;
    };
    const renditions = await transform(
      bytes,
      facts,
      header,
      { ...job, copyright: exif.copyright },
      seeDecoded,
    );
    return {
      outcome: 'processed',
      facts: all,
      pipeline: pipelineId(pipeline),
      renditions,
      durationMs: elapsedMs(),
    };
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('failed', 'DEVELOP_FAILED', `the image could not be finished: ${firstLine(error)}`);
    return toRefused(refusal, known, elapsedMs());
  }
}
