import sharp, { type Sharp } from 'sharp';
import type { RawImage } from '../steps/plug-in.ts';
import type { Size } from './geometry.ts';

/** One still picture: 8 bits a channel, rows from the top. */
export interface Pixels extends Size {
  readonly data: Buffer;
  readonly channels: 1 | 2 | 3 | 4;
}

/** A pipeline over these pixels, which are not copied. */
export function open({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

/** The same of all frames of an animation at once. */
export function openFrames({ data, info }: RawImage): Sharp {
  const { width, height, pageHeight, channels } = info;
  if (height === pageHeight) return open({ data, width, height, channels });
  return sharp(data, {
    raw: { width, height, pageHeight, channels },
    animated: true,
    limitInputPixels: false,
  });
}

/** Runs a pipeline to its pixels. Grey ones come out in three channels, unless `greyscale` was the pipeline's. */
export async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: knownChannels(info.channels) };
}

export function knownChannels(channels: number): 1 | 2 | 3 | 4 {
  if (channels === 1 || channels === 2 || channels === 3 || channels === 4) return channels;
  throw new Error(`${channels} channels, at most 4 are known`);
}

export function hasAlpha({ channels }: { readonly channels: number }): boolean {
  return channels === 2 || channels === 4;
}

/** The frames of a picture, each a view of its bytes. */
export function framesOf({ data, info }: RawImage): Pixels[] {
  const { width, height, pageHeight, channels } = info;
  const bytes = width * pageHeight * channels;
  return Array.from({ length: height / pageHeight }, (_, frame) => ({
    data: data.subarray(frame * bytes, (frame + 1) * bytes),
    width,
    height: pageHeight,
    channels,
  }));
}

/** Frames of one size below each other again. */
export function stacked(frames: readonly [Pixels, ...Pixels[]]): RawImage {
  const [{ data, width, height, channels }] = frames;
  return {
    data: frames.length === 1 ? data : Buffer.concat(frames.map((frame) => frame.data)),
    info: { width, height: height * frames.length, pageHeight: height, channels },
  };
}

/** The same with every frame, one after another: an animation in work holds one frame twice, not all of them. */
export async function eachFrame(
  image: RawImage,
  work: (frame: Pixels) => Promise<Pixels>,
): Promise<RawImage> {
  const [first, ...rest] = framesOf(image);
  if (!first) throw new Error('a picture without a frame');
  const done: [Pixels, ...Pixels[]] = [await work(first)];
  for (const frame of rest) done.push(await work(frame));
  return stacked(done);
}
