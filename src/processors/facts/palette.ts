import type { SmallPicture } from './small-picture.ts';

const MAX_COLOURS = 6;
/** A smaller part of the picture, such as an edge between two colours, has none of its own in the palette. */
const MIN_SHARE = 0.02;
/** Root of the mean square distance to the mean, of 255 levels: colours nearer to each other than that are one. */
const ONE_COLOUR_DEVIATION = 6;
/** Below it a pixel shows what is behind the picture. */
const MIN_ALPHA = 128;
/** Bits a channel by which pixels are put together first. */
const BITS = 5;

/** Pixels of nearly one colour: how many, and the sums of their channels. */
interface Bin {
  readonly count: number;
  readonly sums: readonly [number, number, number];
}

/** A set of bins, with what decides whether it is cut in two. */
interface Box {
  readonly bins: readonly Bin[];
  readonly count: number;
  readonly mean: readonly [number, number, number];
  /** Squared distances to the mean along each channel, summed over the pixels. */
  readonly spread: readonly [number, number, number];
}

const AXES = [0, 1, 2] as const;
const total = ({ spread }: Box) => spread[0] + spread[1] + spread[2];

/**
 * Up to six colours of a picture, `#rrggbb`, the most frequent first: that is the dominant one. Found by cutting the set of colours
 * in two where it is widest, again and again (Heckbert's median cut, with Wu's choice of the box that spreads most, cut at its
 * mean). Transparent pixels do not count; empty when all are.
 */
export function paletteOf(picture: SmallPicture): string[] {
  const bins = binsOf(picture);
  if (bins.length === 0) return [];
  const boxes = [boxOf(bins)];
  while (boxes.length < MAX_COLOURS) {
    const widest = boxes.reduce((one, other) => (total(other) > total(one) ? other : one));
    if (total(widest) <= widest.count * ONE_COLOUR_DEVIATION ** 2) break;
    boxes.splice(boxes.indexOf(widest), 1, ...cut(widest));
  }
  const pixels = boxes.reduce((sum, { count }) => sum + count, 0);
  return boxes
    .sort((one, other) => other.count - one.count)
    .filter(({ count }, index) => index === 0 || count >= pixels * MIN_SHARE)
    .map(({ mean }) => `#${mean.map((level) => Math.round(level).toString(16).padStart(2, '0')).join('')}`);
}

function binsOf({ rgba }: SmallPicture): Bin[] {
  const bins = new Map<number, { count: number; sums: [number, number, number] }>();
  for (let at = 0; at < rgba.length; at += 4) {
    if ((rgba[at + 3] ?? 0) < MIN_ALPHA) continue;
    const red = rgba[at] ?? 0;
    const green = rgba[at + 1] ?? 0;
    const blue = rgba[at + 2] ?? 0;
    const shift = 8 - BITS;
    const key = ((red >> shift) << (2 * BITS)) | ((green >> shift) << BITS) | (blue >> shift);
    const bin = bins.get(key);
    if (!bin) bins.set(key, { count: 1, sums: [red, green, blue] });
    else {
      bin.count++;
      bin.sums[0] += red;
      bin.sums[1] += green;
      bin.sums[2] += blue;
    }
  }
  return [...bins.values()];
}

function boxOf(bins: readonly Bin[]): Box {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const along = (axis: 0 | 1 | 2) => {
    const mean = bins.reduce((sum, bin) => sum + bin.sums[axis], 0) / count;
    const spread = bins.reduce((sum, bin) => sum + (bin.sums[axis] / bin.count - mean) ** 2 * bin.count, 0);
    return { mean, spread };
  };
  const [red, green, blue] = [along(0), along(1), along(2)];
  return {
    bins,
    count,
    mean: [red.mean, green.mean, blue.mean],
    spread: [red.spread, green.spread, blue.spread],
  };
}

/** Both halves have bins: a box that spreads has some on either side of its mean. */
function cut({ bins, mean, spread }: Box): [Box, Box] {
  const axis = AXES.reduce((one, other) => (spread[other] > spread[one] ? other : one));
  const isLow = (bin: Bin) => bin.sums[axis] / bin.count <= mean[axis];
  return [boxOf(bins.filter(isLow)), boxOf(bins.filter((bin) => !isLow(bin)))];
}
