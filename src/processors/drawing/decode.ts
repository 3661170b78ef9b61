import sharp, { type Metadata, type Sharp } from 'sharp';
import type { RenditionSpec } from '../pipeline.ts';
import { firstLine, reject } from '../refusal.ts';
import type { RawImage } from '../steps/plug-in.ts';
import type { ImageFacts } from '../types.ts';
import { framingOf, type Size, scaledBy, turnedSize } from './geometry.ts';
import { eachFrame, knownChannels, open, pixelsOf } from './pixels.ts';

/** Pixels that are turned by a free angle are mixed of their neighbours: with twice as many that is not seen. */
const TURNED_SHARE = 2;

/** What makes a picture upright, by EXIF's number for how it is stored; `onSide`: its width becomes its height. sharp mirrors first. */
const TURNS: Readonly<Record<number, { onSide: boolean; turn: (image: Sharp) => Sharp }>> = {
  2: { onSide: false, turn: (image) => image.flop() },
  3: { onSide: false, turn: (image) => image.rotate(180) },
  4: { onSide: false, turn: (image) => image.flip() },
  5: { onSide: true, turn: (image) => image.rotate(270).flop() },
  6: { onSide: true, turn: (image) => image.rotate(90) },
  7: { onSide: true, turn: (image) => image.rotate(90).flop() },
  8: { onSide: true, turn: (image) => image.rotate(270) },
};

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
    const animated = isAnimated(facts) && allFrames;
    const image = sharp(bytes, {
      failOn: 'error',
      animated,
      limitInputPixels: false,
      ignoreIcc: ownColours,
    });
    // All frames at once would be turned as the one tall picture that they are to libvips.
    const turning = animated ? TURNS[facts.orientation ?? 1] : undefined;
    const stored = turning?.onSide ? { width: height, height: width } : { width, height };
    const { data, info } = await (turning ? image : image.autoOrient())
      .toColourspace('srgb')
      .resize(stored.width, stored.height, { fit: 'fill' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const decoded = {
      data,
      info: {
        channels: knownChannels(info.channels),
        width: stored.width,
        height: info.height,
        pageHeight: stored.height,
      },
    };
    return turning ? await eachFrame(decoded, (frame) => pixelsOf(turning.turn(open(frame)))) : decoded;
  } catch (error) {
    throw reject('IMAGE_CORRUPT', `the image cannot be decoded: ${firstLine(error)}`, error);
  }
}
