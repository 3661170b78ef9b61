import type { Metadata } from 'sharp';
import type { Timing } from '../drawn.ts';
import type { RawImage } from '../steps/plug-in.ts';
import type { FocalPoint } from '../types.ts';
import type { Size } from './geometry.ts';

/** A decoded image with what drawing needs to know of it. */
export interface Picture {
  readonly image: RawImage;
  /** Of the image as it came: sizes follow from it, as rounding twice would differ by a pixel. */
  readonly original: Size;
  /** Of an animation. */
  readonly timing?: Timing | undefined;
  readonly focalPoint?: FocalPoint | undefined;
  /** The profile that the colours are in; absent: sRGB. */
  readonly icc?: Buffer | undefined;
}

/** sharp writes no more of either; in a GIF the time of a frame may be ten times as long, in a WebP 256 times. */
const MOST = 65_535;

/** How an animation moves, as far as it can be written again. */
export function timingOf({ delay, loop }: Pick<Metadata, 'delay' | 'loop'>): Timing {
  return {
    ...(delay && { delay: delay.map((ms) => Math.min(ms, MOST)) }),
    ...(loop !== undefined && { loop: Math.min(loop, MOST) }),
  };
}

/** The first frame alone. */
export function still(picture: Picture): Picture {
  const { data, info } = picture.image;
  const { width, pageHeight, channels } = info;
  return {
    ...picture,
    image: {
      data: data.subarray(0, width * pageHeight * channels),
      info: { ...info, height: pageHeight },
    },
    timing: undefined,
  };
}
