import sharp, { type Metadata, type Sharp } from 'sharp';
import { goOn } from './hand-over.ts';
import type { Pipeline, RenditionSpec } from './pipeline.ts';
import { RENDITION_DEFAULTS } from './pipeline.ts';
import type { RawImage } from './plug-in.ts';
import { firstLine, reject } from './refusal.ts';
import { runModules, type StepsContext } from './run-modules.ts';
import type { Picture, Resumed } from './stretch.ts';
import type { ImageFacts, Rendition } from './types.ts';

/** Timing of an animation, which raw pixels cannot carry. */
interface Timing {
  readonly delay?: number[];
  readonly loop?: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size that fits inside the box with the same proportions, never larger than the image, at least one pixel. */
export function fitInside({ width, height }: Size, maxWidth = Infinity, maxHeight = Infinity): Size {
  const scale = Math.min(1, maxWidth / width, maxHeight / height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Reads the header alone. Throws a Refusal when there is none to read. */
export async function readHeader(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (error) {
    throw reject('IMAGE_CORRUPT', `the image cannot be read: ${firstLine(error)}`, error);
  }
}

/** GIF and WebP are kept moving; the further pages of a TIFF or AVIF are not frames to be shown. */
export function isAnimated(facts: ImageFacts): boolean {
  return facts.frames > 1 && (facts.format === 'gif' || facts.format === 'webp');
}

/** The picture before a step outside of the worker. */
export interface Reached {
  readonly picture: Picture;
  /** Index of that step. */
  readonly next: number;
}

/**
 * Makes all renditions of an image: decoded once, at the largest size needed, and the others derived from that, which
 * costs half of a pipeline each. Upright, in sRGB, without any metadata. Where a step outside of the worker is next, it ends with
 * the picture so far; `resumed` is what came of one. `seeDecoded` gets the picture before any step. Throws a Refusal.
 */
export async function transform(
  bytes: Buffer,
  facts: ImageFacts,
  header: Metadata,
  context: StepsContext,
  { resumed, seeDecoded = () => {} }: { resumed?: Resumed; seeDecoded?: (image: RawImage) => void } = {},
): Promise<readonly Rendition[] | Reached> {
  const { pipeline } = context;
  const start = resumed
    ? await goOn(resumed, context, decode)
    : {
        image: await decode(bytes, facts, pipeline),
        original: { width: facts.width, height: facts.height },
        timing: isAnimated(facts) ? { delay: header.delay, loop: header.loop } : undefined,
      };
  if (!resumed) seeDecoded(start.image);
  const reached = await runModules(start, resumed ? resumed.at.step + 1 : 0, context);
  if (reached.next < pipeline.steps.length) return reached;
  const { image, original, timing } = reached.picture;
  const drawn = await Promise.all(pipeline.renditions.map((spec) => render(image, original, spec, timing)));
  return [...drawn, ...context.extra];
}

async function decode(bytes: Buffer, facts: ImageFacts, pipeline: Pipeline): Promise<RawImage> {
  const { width, height } = fitInside(
    facts,
    Math.max(...pipeline.renditions.map((spec) => spec.widthPx ?? Infinity)),
    Math.max(...pipeline.renditions.map((spec) => spec.heightPx ?? Infinity)),
  );
  try {
    // `error` refuses truncated files and lets decoders' mere warnings pass; the guard has counted the pixels already.
    const { data, info } = await sharp(bytes, {
      failOn: 'error',
      animated: isAnimated(facts),
      limitInputPixels: false,
    })
      .autoOrient()
      .toColourspace('srgb')
      .resize(width, height, { fit: 'fill' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, info: { ...channelsOf(info), width, height: info.height, pageHeight: height } };
  } catch (error) {
    throw reject('IMAGE_CORRUPT', `the image cannot be decoded: ${firstLine(error)}`, error);
  }
}

function channelsOf(info: { channels: number }): { channels: 1 | 2 | 3 | 4 } {
  const { channels } = info;
  if (channels === 1 || channels === 2 || channels === 3 || channels === 4) return { channels };
  throw new Error(`${channels} channels, at most 4 are known`);
}

async function render(
  image: RawImage,
  original: Size,
  spec: RenditionSpec,
  timing: Timing | undefined,
): Promise<Rendition> {
  const { pageHeight, ...info } = image.info;
  // From the original's size, not from the decoded one: rounding twice would differ by a pixel.
  const { width, height } = fitInside(original, spec.widthPx, spec.heightPx);
  const raw = timing ? { ...info, pageHeight } : info;
  const decoded = sharp(image.data, { raw, animated: timing !== undefined, limitInputPixels: false });
  const sized =
    width === info.width && height === pageHeight ? decoded : decoded.resize(width, height, { fit: 'fill' });
  const quality = typeof spec.quality === 'number' ? spec.quality : RENDITION_DEFAULTS.quality;
  const opaque = timing === undefined && (info.channels === 3 || info.channels === 1);
  const body = await (opaque ? asJpeg(sized, quality) : asWebp(sized, quality, timing)).toBuffer();
  return opaque
    ? { name: spec.name, format: 'jpeg', extension: 'jpg', contentType: 'image/jpeg', width, height, body }
    : { name: spec.name, format: 'webp', extension: 'webp', contentType: 'image/webp', width, height, body };
}

/** Without optimised Huffman tables: half the encoder's time for 1.5 % more bytes. */
function asJpeg(image: Sharp, quality: number): Sharp {
  return image.jpeg({ quality, optimiseCoding: false });
}

/** Effort 2: less than half the time of the default 4 for 3 % more bytes. */
function asWebp(image: Sharp, quality: number, timing: Timing | undefined): Sharp {
  return image.webp({ quality, effort: 2, ...timing });
}
