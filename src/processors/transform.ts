import type { Metadata } from 'sharp';
import { decode, isAnimated, keepsColours } from './drawing/decode.ts';
import { draw } from './drawing/draw.ts';
import type { Picture } from './drawing/picture.ts';
import type { Copyright, Source } from './drawn.ts';
import { encode } from './encode.ts';
import { type Pipeline, pipelineId, type RenditionSpec } from './pipeline.ts';
import { type RawImage, runModule } from './plug-in.ts';
import type { DevelopOptions, ImageFacts, Rendition } from './types.ts';

/** What is asked of the renditions of one image. */
export interface TransformJob extends Pick<DevelopOptions, 'focalPoint' | 'renditionFormats'> {
  readonly pipeline: Pipeline;
  /** Of the image's own metadata. */
  readonly copyright?: Copyright | undefined;
}

/**
 * Makes all renditions of an image: decoded once, at the largest size needed, and each derived from that, which costs half
 * of a pipeline. Upright, in sRGB, without any metadata, unless a rendition keeps its colours: those are decoded apart.
 * `seeDecoded` gets the picture before any step, in sRGB. Throws a Refusal.
 */
export async function transform(
  bytes: Buffer,
  facts: ImageFacts,
  header: Metadata,
  job: TransformJob,
  seeDecoded: (image: RawImage) => void = () => {},
): Promise<Rendition[]> {
  const { steps, renditions } = job.pipeline;
  // Steps are given sRGB, and what they give back is sRGB.
  const apart = steps.length > 0 ? [] : renditions.filter((spec) => keepsColours(spec, header));
  const shared = renditions.filter((spec) => !apart.includes(spec));
  // A step is shown all of an animation, whatever is made of it.
  const wanted = steps.length > 0 ? { allFrames: true } : {};
  const decoded: Picture = {
    image: await decode(bytes, facts, shared.length > 0 ? shared : apart, wanted),
    original: facts,
    timing: isAnimated(facts) ? { delay: header.delay, loop: header.loop } : undefined,
    focalPoint: job.focalPoint,
  };
  seeDecoded(decoded.image);
  const picture = await stepped(decoded, facts, job.pipeline);
  const inOwnColours =
    apart.length > 0
      ? { ...decoded, image: await decode(bytes, facts, apart, { ownColours: true }), icc: header.icc }
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
  return Promise.all(renditions.map(render));
}

async function stepped(picture: Picture, facts: ImageFacts, pipeline: Pipeline): Promise<Picture> {
  let { image, original } = picture;
  for (const step of pipeline.steps) {
    const before = image.info;
    image = await runModule(step, image, facts, pipelineId(pipeline));
    // A plug-in that crops makes a new original; one that does not must not cost a pixel of precision.
    const { width, pageHeight } = image.info;
    if (width !== before.width || pageHeight !== before.pageHeight) original = { width, height: pageHeight };
  }
  return { ...picture, image, original };
}
