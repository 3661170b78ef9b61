import type { SmallPicture } from './small-picture.ts';

/** The 64 lowest frequencies but for the mean: by diagonals, on each by the vertical one. 11 on a side hold them. */
const FREQUENCIES: readonly (readonly [number, number])[] = Array.from({ length: 11 }, (_, diagonal) =>
  Array.from({ length: diagonal + 1 }, (_, v) => [diagonal - v, v] as const),
)
  .flat()
  .slice(1, 65);
const SIDE = 11;

/** Of 255 levels. A weaker wave is not seen, and what compression leaves of it is noise. */
const FLOOR = 0.1;

/**
 * A hash that changes little when a picture is scaled, compressed or otherwise written anew: 64 bits, 16 lower-case hex digits,
 * the first bit the highest. Each bit says whether one of the 64 lowest frequencies of the DCT-II of luma (BT.601, over white, the
 * whole picture one period a side) is positive. What is flat has zeros.
 */
export function perceptualHash(picture: SmallPicture): string {
  const { width, height } = picture;
  const luma = lumaOf(picture);
  const [across, down] = [cosines(width), cosines(height)];
  const rows = new Float64Array(height * SIDE);
  for (let y = 0; y < height; y++) {
    for (let u = 0; u < Math.min(SIDE, width); u++) {
      let sum = 0;
      for (let x = 0; x < width; x++) sum += (luma[y * width + x] ?? 0) * (across[u * width + x] ?? 0);
      rows[y * SIDE + u] = sum;
    }
  }
  let bits = 0n;
  for (const [u, v] of FREQUENCIES) {
    let sum = 0;
    if (v < height)
      for (let y = 0; y < height; y++) sum += (rows[y * SIDE + u] ?? 0) * (down[v * height + y] ?? 0);
    bits = (bits << 1n) | (sum / (width * height) > FLOOR ? 1n : 0n);
  }
  return bits.toString(16).padStart(16, '0');
}

/** How many of the 64 bits of two perceptual hashes differ: 0 for the same picture, about 32 for two that have nothing in common. */
export function perceptualDistance(one: string, other: string): number {
  let differing = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  let count = 0;
  for (; differing > 0n; differing &= differing - 1n) count++;
  return count;
}

function lumaOf({ width, height, rgba }: SmallPicture): Float64Array {
  const luma = new Float64Array(width * height);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel++, at += 4) {
    const colour = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
    luma[pixel] = 255 + ((rgba[at + 3] ?? 0) / 255) * (colour - 255);
  }
  return luma;
}

/** By length; small pictures have few. */
const known = new Map<number, Float64Array>();

function cosines(length: number): Float64Array {
  const there = known.get(length);
  if (there) return there;
  const made = Float64Array.from({ length: SIDE * length }, (_, index) => {
    const frequency = Math.floor(index / length);
    return Math.cos((Math.PI / length) * frequency * ((index % length) + 0.5));
  });
  known.set(length, made);
  return made;
}
