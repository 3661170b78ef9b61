import type { Metadata } from 'sharp';
import { decode, isAnimated, keepsColours } from './drawing/decode.ts';
import { draw } from './drawing/draw.ts';
import { type Picture, timingOf } from './drawing/picture.ts';
import type { Copyright, Source } from './drawn.ts';
import { encode } from './encode.ts';
import type { Resumed } from './isolation/stretch.ts';
import type { RenditionSpec } from './pipeline.ts';
import { goOn } from './steps/hand-over.ts';
import type { RawImage } from './steps/plug-in.ts';
import { runModules, type StepsContext } from './steps/run-modules.ts';
import type { DevelopOptions, ImageFacts, Rendition } from './types.ts';

/** What is asked of the renditions of one image. */
export interface TransformJob extends Pick<DevelopOptions, 'focalPoint' | 'renditionFormats'> {
  /** What its steps share, and the pipeline. */
  readonly context: StepsContext;
  /** What came of a step outside of the worker. */
  readonly resumed?: Resumed | undefined;
  /** Of the image's own metadata. */
  readonly copyright?: Copyright | undefined;
}

/** The picture before a step outside of the worker. */
export interface Reached {
  readonly picture: Picture;
  /** Index of that step. */
  readonly next: number;
}

/**
 * Makes all renditions of an image: decoded once, at the largest size needed, and each derived from that, which costs half
 * of a pipeline. Upright, in sRGB, without any metadata, unless a rendition keeps its colours: those are decoded apart.
 * `seeDecoded` gets the picture before any step, in sRGB. Where a step outside of the worker is
 * next, it ends with the picture so far. Throws a Refusal.
 */
export async function transform(
  bytes: Buffer,
  facts: ImageFacts,
  header: Metadata,
  job: TransformJob,
  seeDecoded: (image: RawImage) => void = () => {},
): Promise<readonly Rendition[] | Reached> {
  const { context, resumed } = job;
  const { steps, renditions } = context.pipeline;
  // Steps are given sRGB, and what they give back is sRGB.
  const apart = steps.length > 0 ? [] : renditions.filter((spec) => keepsColours(spec, header));
  const shared = renditions.filter((spec) => !apart.includes(spec));
  // A step is shown all of an animation, whatever is made of it.
  const wanted = steps.length > 0 ? { allFrames: true } : {};
  const decodeShared = (image: Buffer, of: ImageFacts) =>
    decode(image, of, shared.length > 0 ? shared : apart, wanted);
  const start: Picture = resumed
    ? await goOn(resumed, context, decodeShared)
    : {
        image: await decodeShared(bytes, facts),
        original: { width: facts.width, height: facts.height },
        timing: isAnimated(facts) ? timingOf(header) : undefined,
        focalPoint: job.focalPoint,
      };
  if (!resumed) seeDecoded(start.image);
  const reached = await runModules(start, resumed ? resumed.at.step + 1 : 0, context);
  if (reached.next < steps.length) return reached;
  const { picture } = reached;
  const inOwnColours =
    apart.length > 0
      ? { ...start, image: await decode(bytes, facts, apart, { ownColours: true }), icc: header.icc }
      : undefined;
  const source: Source = {
    facts,
    header,
    ...(job.copyright && { copyright: job.copyright }),
    ...(job.renditionFormats && { renditionFormats: job.renditionFormats }),
  };
  const render = async (spec: RenditionSpec): Promise<Rendition> => {
    const from = inOwnColours && apart.includes(spec) ? inOwnColours : picture;
    return { name: spec.name, ...(await encode(await draw(from, spec), spec, source)) };
  };
  return [...(await Promise.all(renditions.map(render))), ...context.extra];
}
