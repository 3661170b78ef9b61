import sharp, { type Sharp } from 'sharp';
import type { Drawn, Timing } from '../drawn.ts';
import { withLoader } from '../loaders.ts';
import type { Encoder } from './encoders.ts';
import type { Samples } from './similarity.ts';

/** A drawn picture, rendered once, to be encoded as often as needed. */
export interface Pixels {
  /** Of one frame. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly timing?: Timing;
  /** Runs with a pipeline over them, made anew. */
  readonly use: <T>(work: (image: Sharp) => Promise<T>) => Promise<T>;
  /** Of the first frame. */
  readonly samples: () => Promise<Samples>;
  /** The frame by which quality is measured: the one that varies most, as a plain one suffers nothing. Itself, where there is no other. */
  readonly measured: Pixels;
}

/** The same for a single encoding. */
export type PixelsOnce = Pick<Pixels, 'width' | 'height' | 'hasAlpha' | 'timing' | 'use'>;

/** What is kept of what was drawn. */
export interface PixelsWanted {
  /** All frames, else the first. */
  readonly motion: boolean;
  /** The colours that came, with their profile. */
  readonly icc: boolean;
}

/**
 * What was drawn, to be encoded once: drawing and encoding are one pipeline, which spares a copy of the picture. Undefined
 * where it must be rendered first.
 */
export function pixelsOnce(drawn: Drawn, wanted: PixelsWanted, { alpha }: Encoder): PixelsOnce | undefined {
  const { width, height, hasAlpha, isGrey, timing } = drawn;
  const moving = isMoving(drawn, wanted);
  // One frame of many is cut out of what is rendered; within a pipeline sharp flattens before all else, and drops a grey alpha.
  const apart = (drawn.frames > 1 && !moving) || (hasAlpha && (isGrey || alpha === 'none'));
  if (drawn.ownColours || apart) return undefined;
  return {
    width,
    height,
    hasAlpha,
    ...(moving && { timing }),
    use: (work) => {
      const image = hasAlpha ? drawn.image() : drawn.image().removeAlpha();
      return work(isGrey ? image.toColourspace('b-w') : image);
    },
  };
}

/** Renders what was drawn. Throws what drawing throws. */
export async function pixelsOf(drawn: Drawn, wanted: PixelsWanted): Promise<Pixels> {
  // What is drawn with its profile may lie in PNGs of ours.
  if (!drawn.ownColours) return rawPixels(drawn, wanted);
  return withLoader('png', () => (wanted.icc ? inOwnColours(drawn, wanted) : rawPixels(drawn, wanted)));
}

async function inOwnColours(drawn: Drawn, wanted: PixelsWanted): Promise<Pixels> {
  const still = await stillWithProfile(drawn);
  if (!still) return rawPixels(drawn, wanted);
  if (!isMoving(drawn, wanted)) return still;
  // No lossless format holds frames and a profile at little cost, so each encoding draws anew; it is animated WebP only.
  const use: Pixels['use'] = (work) => withLoader('png', () => work(drawn.image().keepIccProfile()));
  return { ...still, timing: drawn.timing, use };
}

const isMoving = (drawn: Drawn, { motion }: PixelsWanted) => motion && drawn.frames > 1;

async function rawPixels(drawn: Drawn, wanted: PixelsWanted): Promise<Pixels> {
  const { data, info } = await rendered(drawn);
  const { width, height } = drawn;
  const { channels } = info;
  if (info.width !== width || info.height !== height * drawn.frames) {
    throw new Error(
      `drawn are ${info.width} × ${info.height} pixels, not ${drawn.frames} frames of ${width} × ${height}`,
    );
  }
  const inAlpha = channels === 2 || channels === 4;
  const common = { width, height, hasAlpha: drawn.hasAlpha && inAlpha };
  const open = (raw: Buffer, rows: number, pageHeight?: number) => {
    const frames = pageHeight === undefined ? {} : { pageHeight };
    const image = sharp(raw, {
      raw: { width, height: rows, channels, ...frames },
      animated: pageHeight !== undefined,
      limitInputPixels: false,
    });
    if (inAlpha && !drawn.hasAlpha) image.removeAlpha();
    // Else a grey PNG would be written in three channels.
    return channels <= 2 ? image.toColourspace('b-w') : image;
  };
  const frames = Array.from({ length: drawn.frames }, (_, index) => {
    const bytes = width * height * channels;
    return data.subarray(index * bytes, (index + 1) * bytes);
  });
  const one = (frame: Buffer): Pixels => {
    const still: Pixels = {
      ...common,
      samples: async () => ({ data: frame, width, height, channels }),
      use: (work) => work(open(frame, height)),
      get measured() {
        return still;
      },
    };
    return still;
  };
  const first = one(frames[0] ?? data);
  if (!isMoving(drawn, wanted)) return first;
  return {
    ...first,
    use: (work) => work(open(data, info.height, height)),
    get measured() {
      return one(mostVaried(frames, channels));
    },
    timing: drawn.timing,
  };
}

/** Pixels that are looked at for how much a frame varies: each of so many. */
const STRIDE = 7;

/** The frame whose levels differ most from their mean, told by its green, or its brightness. */
function mostVaried(frames: readonly Buffer[], channels: number): Buffer {
  const variances = frames.map((frame) => {
    let [count, sum, squares] = [0, 0, 0];
    for (let at = channels > 2 ? 1 : 0; at < frame.length; at += channels * STRIDE) {
      const level = frame[at] ?? 0;
      count++;
      sum += level;
      squares += level * level;
    }
    return squares / count - (sum / count) ** 2;
  });
  return frames[variances.indexOf(Math.max(...variances))] ?? Buffer.alloc(0);
}

async function rendered(drawn: Drawn) {
  const raw = await rawOf(drawn.image());
  if (raw.info.channels > 1 || !drawn.hasAlpha) return raw;
  // sharp's raw output drops the alpha of a grey picture.
  const png = await drawn.image().png({ compressionLevel: 0 }).toBuffer();
  return withLoader('png', () => rawOf(sharp(png, { limitInputPixels: false })));
}

const rawOf = (image: Sharp) => image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });

/** The first frame as an uncompressed PNG, which holds a profile; undefined where the colours are not RGB of one. */
async function stillWithProfile(drawn: Drawn): Promise<Pixels | undefined> {
  const { width, height } = drawn;
  const png = await drawn.image().keepIccProfile().png({ compressionLevel: 0 }).toBuffer();
  const open = () => {
    const image = sharp(png, { limitInputPixels: false }).keepIccProfile();
    return drawn.frames > 1 ? image.extract({ left: 0, top: 0, width, height }) : image;
  };
  const { icc, channels } = await sharp(png, { limitInputPixels: false }).metadata();
  if (!icc || channels < 3 || icc.toString('latin1', 16, 20) !== 'RGB ') return undefined;
  const still: Pixels = {
    width,
    height,
    hasAlpha: drawn.hasAlpha && channels === 4,
    use: (work) => withLoader('png', () => work(open())),
    samples: () =>
      withLoader('png', async () => {
        const { data, info } = await rawOf(open());
        return { data, width, height, channels: info.channels };
      }),
    get measured() {
      return still;
    },
  };
  return still;
}
