import type { RawImage } from '../steps/plug-in.ts';

/** A small copy of a picture: rows from the top, RGBA, not premultiplied; transparent pixels have no colour (0). */
export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** What ThumbHash, palette and perceptual hash need: they look at no more than some 10 waves a side. */
const LONGEST_SIDE_PX = 64;
/** Above so many pixels a cell it is sampled: the cost is then the same for every picture. */
const SAMPLES = 16;

/**
 * Points of a cell in [0, 1)²: one in each sixteenth of either side (Hammersley's set), at an irregular place of it. A grid would
 * take stripes of its own period for one colour.
 */
const POINTS: readonly (readonly [number, number])[] = [
  0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15,
].map((row, column) => [
  (column + ((column * 0.618) % 1)) / SAMPLES,
  (row + ((column * 0.755 + 0.5) % 1)) / SAMPLES,
]);

/**
 * The first frame within 64 × 64 pixels, in its proportions: each pixel is the mean of the cell that it stands for, weighted
 * with alpha. Not sharp's resize: its pass over all pixels takes four times as long for 1024 × 768, and more for more.
 */
export function smallPicture({ data, info }: RawImage): SmallPicture {
  const { width: fromWidth, pageHeight: fromHeight, channels } = info;
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(fromWidth, fromHeight));
  const width = Math.max(1, Math.round(fromWidth * scale));
  const height = Math.max(1, Math.round(fromHeight * scale));
  const [cellWidth, cellHeight] = [fromWidth / width, fromHeight / height];
  const points =
    cellWidth * cellHeight > SAMPLES ? POINTS : grid(Math.ceil(cellWidth), Math.ceil(cellHeight));
  const columns = places(
    points.map(([u]) => u),
    { cells: width, pixels: fromWidth, bytes: channels },
  );
  const rows = places(
    points.map(([, v]) => v),
    { cells: height, pixels: fromHeight, bytes: fromWidth * channels },
  );
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  const alphaAt = channels === 2 || channels === 4 ? channels - 1 : undefined;
  const rgba = new Uint8Array(width * height * 4);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      let red = 0;
      let greens = 0;
      let blues = 0;
      let alphas = 0;
      for (let point = 0; point < points.length; point++) {
        const at = (rows[y * points.length + point] ?? 0) + (columns[x * points.length + point] ?? 0);
        const alpha = alphaAt === undefined ? 255 : (data[at + alphaAt] ?? 0);
        red += (data[at] ?? 0) * alpha;
        greens += (data[at + green] ?? 0) * alpha;
        blues += (data[at + blue] ?? 0) * alpha;
        alphas += alpha;
      }
      if (alphas === 0) continue;
      rgba[to] = Math.round(red / alphas);
      rgba[to + 1] = Math.round(greens / alphas);
      rgba[to + 2] = Math.round(blues / alphas);
      rgba[to + 3] = Math.round(alphas / points.length);
    }
  }
  return { width, height, rgba };
}

/** One side: how many cells it has, how many pixels, and how many bytes lie between two of these. */
interface Side {
  readonly cells: number;
  readonly pixels: number;
  readonly bytes: number;
}

/** Where the points of each cell lie along a side, in bytes from its begin. */
function places(points: readonly number[], { cells, pixels, bytes }: Side): Int32Array {
  const all = new Int32Array(cells * points.length);
  for (let cell = 0, index = 0; cell < cells; cell++) {
    for (const point of points) {
      all[index++] = Math.min(pixels - 1, Math.floor(((cell + point) * pixels) / cells)) * bytes;
    }
  }
  return all;
}

/** The middles of `columns` × `rows` parts of a cell. */
function grid(columns: number, rows: number): (readonly [number, number])[] {
  return Array.from({ length: columns * rows }, (_, index) => [
    ((index % columns) + 0.5) / columns,
    (Math.floor(index / columns) + 0.5) / rows,
  ]);
}
