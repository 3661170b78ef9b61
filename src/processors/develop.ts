import { hash } from 'node:crypto';
import sharp from 'sharp';
import { readHeader } from './drawing/decode.ts';
import { type DecodableFormat, guardBytes, guardFormat, guardHeader, type Limits } from './guard.ts';
import { identify } from './identify.ts';
import { type Pipeline, pipelineId } from './pipeline.ts';
import { firstLine, Refusal, toRefused } from './refusal.ts';
import { transform } from './transform.ts';
import type { Developed, DevelopOptions, ImageFacts, Refused } from './types.ts';

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
}

/** Identify, guard, transform, in this process. Never rejects: a fault of ours is DEVELOP_FAILED. */
export async function develop(bytes: Buffer, job: DevelopJob): Promise<Developed | Refused> {
  const { limits, pipeline } = job;
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  let known: Partial<ImageFacts> = { bytes: bytes.length, format: identify(bytes) };
  try {
    guardBytes(bytes.length, limits);
    const seen = factsOfBytes(bytes);
    known = seen;
    guardFormat(seen.format, limits);
    const header = await readHeader(bytes);
    const { width, height } = header.autoOrient;
    const facts = { ...seen, width, height, frames: header.pages ?? 1, hasAlpha: header.hasAlpha };
    known = facts;
    guardHeader(header, limits);
    const renditions = await transform(bytes, facts, header, job);
    return {
      outcome: 'processed',
      facts,
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
