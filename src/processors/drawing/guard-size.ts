import { reject } from '../refusal.ts';
import type { Size } from './geometry.ts';

/** No format holds longer sides. */
const MAX_SIDE_PX = 65_535;
/** Over all frames; libvips' own limit of what it reads. */
const MAX_PIXELS = 0x3fff ** 2;

/** A thin picture enlarged or turned would take all memory before an encoder could refuse it. Throws a Refusal. */
export function guardSize(rendition: string, { width, height }: Size, frames: number): void {
  if (width <= MAX_SIDE_PX && height <= MAX_SIDE_PX && width * height * frames <= MAX_PIXELS) return;
  throw reject(
    'RENDITION_TOO_MANY_PIXELS',
    `the rendition ${rendition} would have ${width} × ${height} × ${frames} pixels; a side has at most ${MAX_SIDE_PX}, all ` +
      `frames ${MAX_PIXELS}: give it a box with both sides, or do not enlarge`,
  );
}
