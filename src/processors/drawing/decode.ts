import sharp, { type Metadata } from 'sharp';
import type { RenditionSpec } from '../pipeline.ts';
import { firstLine, reject } from '../refusal.ts';
import type { RawImage } from '../steps/plug-in.ts';
import type { ImageFacts } from '../types.ts';
import { framingOf, type Size, scaledBy, turnedSize } from './geometry.ts';
import { knownChannels } from './pixels.ts';

/** Pixels that are turned by a free angle are mixed of their neighbours: with twice as many that is not seen. */
const TURNED_SHARE = 2;

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

/** Whether motion can be left in this rendition. */
export function mayMove({ frames, format }: RenditionSpec): boolean {
  return frames === 'all' && format !== 'jpeg' && format !== 'png' && format !== 'avif';
}

/** Whether the rendition keeps colours that sRGB would change: a profile of RGB. CMYK and grey become sRGB all the same. */
export function keepsColours(spec: RenditionSpec, { icc }: Metadata): boolean {
  return spec.keepIcc === true && icc?.toString('latin1', 16, 20) === 'RGB ';
}

/**
 * How large the image must be decoded for this rendition, which is what decides about shrink-on-load: no larger than it will
 * be shown, but in full where edges are looked for, and where it is shown in its own size or larger.
 */
export function neededSize(original: Size, spec: RenditionSpec): Size {
  if (spec.trim) return original;
  const turned = turnedSize(original, spec.rotate ?? 0);
  const { scaled } = framingOf(turned, spec);
  const [byWidth, byHeight] = [scaled.width / turned.width, scaled.height / turned.height];
  const angle = (spec.rotate ?? 0) % 90;
  const share = Math.max(byWidth, byHeight) * (angle === 0 ? 1 : TURNED_SHARE);
  if (share >= 1) return original;
  if (angle !== 0 || spec.fit === 'fill') return scaledBy(original, share);
  return turned.width === original.width ? scaled : { width: scaled.height, height: scaled.width };
}

/** The smallest size from which all of these renditions can be made. */
export function sharedSize(original: Size, specs: readonly RenditionSpec[]): Size {
  const sizes = specs.map((spec) => neededSize(original, spec));
  return {
    width: Math.max(1, ...sizes.map(({ width }) => width)),
    height: Math.max(1, ...sizes.map(({ height }) => height)),
  };
}

/**
 * Decodes the image for these renditions, upright, in 8 bits, in sRGB or with `ownColours` in the colours of its own
 * profile. Frames that no rendition shows are left out, unless `allFrames` are wanted. Throws a Refusal.
 */
export async function decode(
  bytes: Buffer,
  facts: ImageFacts,
  specs: readonly RenditionSpec[],
  { ownColours = false, allFrames = specs.some(mayMove) } = {},
): Promise<RawImage> {
  const { width, height } = sharedSize(facts, specs);
  try {
    // `error` refuses truncated files and lets decoders' mere warnings pass; the guard has counted the pixels already.
    const { data, info } = await sharp(bytes, {
      failOn: 'error',
      animated: isAnimated(facts) && allFrames,
      limitInputPixels: false,
      ignoreIcc: ownColours,
    })
      .autoOrient()
      .toColourspace('srgb')
      .resize(width, height, { fit: 'fill' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      data,
      info: { channels: knownChannels(info.channels), width, height: info.height, pageHeight: height },
    };
  } catch (error) {
    throw reject('IMAGE_CORRUPT', `the image cannot be decoded: ${firstLine(error)}`, error);
  }
}
