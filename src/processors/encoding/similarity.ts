import type { Colour } from '../pipeline.ts';

/** Brightness of a picture, 0 to 255, rows from the top. */
export interface Luma {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Decoded pixels, 8 bits a channel, rows from the top; further rows than `height` are not looked at. */
export interface Samples {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: with alpha, 3: RGB, 4: RGBA. */
  readonly channels: number;
}

/** Beyond this, pictures are compared smaller: as an eye sees them on a screen, and in bounded time. */
const COMPARED_PX = 512;
/** Of the constants of Wang and others (2004), for values up to 255. */
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;
const BLOCK_PX = 4;
/** Behind transparency: black and white drawings both show on it. */
export const MIDDLE_GREY = '#808080';

const brightness = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;

/**
 * Brightness (BT.601) of a picture, over the colour `behind` (`#rrggbb`) where it is transparent, and averaged over squares
 * of n × n pixels, n the whole number that brings the longer side to at most 512 pixels.
 */
export function lumaOf({ data, width, height, channels }: Samples, behind: Colour = MIDDLE_GREY): Luma {
  const factor = Math.max(1, Math.ceil(Math.max(width, height) / COMPARED_PX));
  const small = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
  const sums = new Float32Array(small.width * small.height);
  const colour = channels >= 3;
  const rgb = Number.parseInt(behind.slice(1, 7), 16);
  const ground = brightness(rgb >> 16, (rgb >> 8) & 255, rgb & 255);
  const alpha = channels === 2 || channels === 4;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * small.width;
    for (let x = 0; x < width; x++, at += channels) {
      const first = data[at] ?? 0;
      let value = colour ? brightness(first, data[at + 1] ?? 0, data[at + 2] ?? 0) : first;
      if (alpha) value = ground + ((value - ground) * (data[at + channels - 1] ?? 0)) / 255;
      const cell = row + Math.floor(x / factor);
      sums[cell] = (sums[cell] ?? 0) + value;
    }
  }
  if (factor === 1) return { data: sums, ...small };
  for (let y = 0; y < small.height; y++) {
    const rows = Math.min(factor, height - y * factor);
    for (let x = 0; x < small.width; x++) {
      const cell = y * small.width + x;
      sums[cell] = (sums[cell] ?? 0) / (rows * Math.min(factor, width - x * factor));
    }
  }
  return { data: sums, ...small };
}

/** Sums over blocks of 4 × 4 pixels, the last of a row or column taking what is left. */
interface Blocks {
  readonly sums: Float64Array;
  readonly across: number;
  readonly down: number;
}

/** Count of pixels, sums of a, b, a², b² and ab. */
const FIELDS = 6;

function blocksOf(a: Luma, b: Luma): Blocks {
  const across = Math.max(1, Math.floor(a.width / BLOCK_PX));
  const down = Math.max(1, Math.floor(a.height / BLOCK_PX));
  const sums = new Float64Array(across * down * FIELDS);
  for (let row = 0; row < down; row++) {
    const bottom = row === down - 1 ? a.height : (row + 1) * BLOCK_PX;
    for (let column = 0; column < across; column++) {
      const right = column === across - 1 ? a.width : (column + 1) * BLOCK_PX;
      let count = 0;
      let sumA = 0;
      let sumB = 0;
      let sumAA = 0;
      let sumBB = 0;
      let sumAB = 0;
      for (let y = row * BLOCK_PX; y < bottom; y++) {
        for (let x = column * BLOCK_PX; x < right; x++) {
          const one = a.data[y * a.width + x] ?? 0;
          const other = b.data[y * a.width + x] ?? 0;
          count += 1;
          sumA += one;
          sumB += other;
          sumAA += one * one;
          sumBB += other * other;
          sumAB += one * other;
        }
      }
      sums.set([count, sumA, sumB, sumAA, sumBB, sumAB], (row * across + column) * FIELDS);
    }
  }
  return { sums, across, down };
}

/**
 * Mean structural similarity (SSIM, Wang and others 2004) of two pictures of one size: 1 for equal ones, about 0 for
 * unrelated ones, down to -1. Windows of 8 × 8 pixels, every 4 pixels, as x264 takes them; a picture smaller than a window
 * is one window. Throws when the sizes differ.
 */
export function similarity(a: Luma, b: Luma): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`pictures of ${a.width} × ${a.height} and ${b.width} × ${b.height} cannot be compared`);
  }
  const { sums, across, down } = blocksOf(a, b);
  const windowsAcross = Math.max(1, across - 1);
  const windowsDown = Math.max(1, down - 1);
  const sum = new Float64Array(FIELDS);
  let total = 0;
  for (let y = 0; y < windowsDown; y++) {
    for (let x = 0; x < windowsAcross; x++) {
      sum.fill(0);
      for (let by = y; by < Math.min(down, y + 2); by++) {
        for (let bx = x; bx < Math.min(across, x + 2); bx++) {
          const at = (by * across + bx) * FIELDS;
          for (let field = 0; field < FIELDS; field++) {
            sum[field] = (sum[field] ?? 0) + (sums[at + field] ?? 0);
          }
        }
      }
      total += ofWindow(sum);
    }
  }
  return total / (windowsAcross * windowsDown);
}

function ofWindow(sum: Float64Array): number {
  const at = (field: number) => sum[field] ?? 0;
  const count = at(0);
  const meanA = at(1) / count;
  const meanB = at(2) / count;
  const varianceA = at(3) / count - meanA * meanA;
  const varianceB = at(4) / count - meanB * meanB;
  const covariance = at(5) / count - meanA * meanB;
  return (
    ((2 * meanA * meanB + C1) * (2 * covariance + C2)) /
    ((meanA * meanA + meanB * meanB + C1) * (varianceA + varianceB + C2))
  );
}
