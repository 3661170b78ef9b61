import { reject } from '../refusal.ts';
import type { Size } from './geometry.ts';

/** No format holds longer sides. */
const MAX_SIDE_PX = 65_535;
/** Over all frames; libvips' own limit of what it reads. */
const MAX_PIXELS = 0x3fff ** 2;

/** Below what libvips can count to, which it tells in words of its own. */
const MAX_SCALED_PX = 10_000_000;

/** What is cut out of a picture may be small, and the picture itself, enlarged to fill the box, beyond all numbers. Throws a Refusal. */
export function guardScaled(rendition: string, { width, height }: Size): void {
  if (Math.max(width, height) <= MAX_SCALED_PX) return;
  throw reject(
    'RENDITION_TOO_MANY_PIXELS',
    `the rendition ${rendition} would be cut out of ${width} × ${height} pixels, and a side has at most ${MAX_SCALED_PX}: give it a fit ` +
      'of contain or inside, or do not enlarge',
  );
}

/** A thin picture enlarged or turned would take all memory before an encoder could refuse it. Throws a Refusal. */
export function guardSize(rendition: string, { width, height }: Size, frames: number): void {
  if (width <= MAX_SIDE_PX && height <= MAX_SIDE_PX && width * height * frames <= MAX_PIXELS) return;
  throw reject(
    'RENDITION_TOO_MANY_PIXELS',
    `the rendition ${rendition} would have ${width} × ${height} × ${frames} pixels; a side has at most ${MAX_SIDE_PX}, all ` +
      `frames ${MAX_PIXELS}: give it a box with both sides, or do not enlarge`,
  );
}
