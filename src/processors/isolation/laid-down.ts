import { readFileSync, writeFileSync } from 'node:fs';
import type { StepAnswer } from '../steps/answer.ts';
import type { Rendition } from '../types.ts';
import type { LaidDown, Paused, Resume, Resumed } from './stretch.ts';

/** Renditions whose bytes lie in a file, one behind the other, in this order. */
export type LaidRenditions = readonly (Omit<Rendition, 'body'> & { readonly bytes: number })[];

/** A stretch's end as a worker tells it: in its output file lies what the step is handed, then the renditions. */
export interface LaidPaused extends Omit<Paused, 'picture' | 'handed' | 'renditions'> {
  readonly picture: LaidDown;
  readonly picturePath: string;
  /** Undefined: the step takes the original. */
  readonly handedBytes?: number;
  readonly renditions: LaidRenditions;
}

export function lengthsOf(renditions: readonly Rendition[]): LaidRenditions {
  return renditions.map(({ body, ...rest }) => ({ ...rest, bytes: body.length }));
}

/** Cuts a file's bytes into its parts. */
export function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

export function withBodies(renditions: LaidRenditions, bodies: readonly Buffer[]): Rendition[] {
  return renditions.map(({ bytes: _, ...rest }, at) => ({ ...rest, body: bodies[at] ?? Buffer.alloc(0) }));
}

/** In a worker: lays the pixels into a file beside the output file; the rest is for that one. */
export function layDown(paused: Paused, outputPath: string): { result: LaidPaused; bodies: Buffer[] } {
  const { picture, handed, renditions, ...rest } = paused;
  const { image, ...unlaid } = picture;
  // A file a step: the stretch after it may be tried again.
  const picturePath = `${outputPath}.${paused.step}`;
  writeFileSync(picturePath, image.data, { mode: 0o600 });
  return {
    result: {
      ...rest,
      picture: { ...unlaid, info: image.info },
      picturePath,
      handedBytes: handed?.length,
      renditions: lengthsOf(renditions),
    },
    bodies: [...(handed ? [handed] : []), ...renditions.map(({ body }) => body)],
  };
}

/** In the service: what a worker is to be given to go on after a step has answered. */
export function resumeAfter(
  { step, facts, picture, picturePath }: LaidPaused,
  original: Buffer,
  { image, renditions }: StepAnswer,
  taken: readonly string[],
): { readonly input: Buffer; readonly resume: Resume } {
  return {
    input: Buffer.concat([original, ...(image ? [image] : []), ...renditions.map(({ body }) => body)]),
    resume: {
      ...{ step, facts, picture, picturePath },
      originalBytes: original.length,
      imageBytes: image?.length,
      renditions: renditions.map(({ name, body }) => ({ name, bytes: body.length })),
      taken,
    },
  };
}

/** In a worker: the image as it came, and what is to be gone on with. */
export function readResumed(
  input: Buffer,
  at: Resume,
): { readonly original: Buffer; readonly resumed: Resumed } {
  const { originalBytes, imageBytes = 0, renditions } = at;
  const [original = input, image, ...bodies] = cut(input, [
    originalBytes,
    imageBytes,
    ...renditions.map(({ bytes }) => bytes),
  ]);
  return {
    original,
    resumed: {
      at,
      pixels: readFileSync(at.picturePath),
      image: at.imageBytes === undefined ? undefined : image,
      renditions: renditions.map(({ name }, index) => ({ name, body: bodies[index] ?? Buffer.alloc(0) })),
    },
  };
}
