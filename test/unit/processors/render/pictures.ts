import sharp from 'sharp';
import { decode, isAnimated, readHeader } from '../../../../src/processors/drawing/decode.ts';
import { draw } from '../../../../src/processors/drawing/draw.ts';
import { timingOf } from '../../../../src/processors/drawing/picture.ts';
import { type Pixels, pixelsOf } from '../../../../src/processors/drawing/pixels.ts';
import type { Drawn } from '../../../../src/processors/drawn.ts';
import { factsOfBytes, factsOfHeader } from '../../../../src/processors/facts/facts.ts';
import { RENDITION_DEFAULTS, type RenditionSpec } from '../../../../src/processors/pipeline.ts';
import type { FocalPoint } from '../../../../src/processors/types.ts';

export const RED = [255, 0, 0];
export const GREEN = [0, 255, 0];
export const BLUE = [0, 0, 255];
export const WHITE = [255, 255, 255];
export const BLACK = [0, 0, 0];

export function specOf(wishes: Partial<RenditionSpec>): RenditionSpec {
  return { ...RENDITION_DEFAULTS, name: 'test', ...wishes };
}

/** What `colour` says of each pixel, as PNG. */
export function painted(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
): Promise<Buffer> {
  const channels = colour(0, 0).length === 4 ? 4 : 3;
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * channels);
  }
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** Red tells the column, green the row: what is left of it says where it was cut. */
export function graph(width: number, height: number): Promise<Buffer> {
  return painted(width, height, (x, y) => [x, y, 0]);
}

/** Red and green above, blue and white below. */
export function quarters(width: number, height: number): Promise<Buffer> {
  return painted(width, height, (x, y) => {
    const left = x < width / 2;
    return y < height / 2 ? (left ? RED : GREEN) : left ? BLUE : WHITE;
  });
}

/** Of still pictures of one size, 100 ms each. */
export function animated(frames: readonly Buffer[], format: 'gif' | 'webp' = 'webp'): Promise<Buffer> {
  const joined = sharp([...frames], { join: { animated: true } });
  const delay = frames.map(() => 100);
  return (
    format === 'gif' ? joined.gif({ delay, loop: 2 }) : joined.webp({ lossless: true, delay, loop: 2 })
  ).toBuffer();
}

export interface Shown extends Drawn {
  /** Channels of one pixel. */
  readonly at: (x: number, y: number, frame?: number) => number[];
  readonly pixels: Pixels;
}

/** The image drawn for one rendition, from its bytes, and looked at. */
export async function shown(
  bytes: Buffer,
  wishes: Partial<RenditionSpec>,
  focalPoint?: FocalPoint,
): Promise<Shown> {
  const spec = specOf(wishes);
  const header = await readHeader(bytes);
  const facts = factsOfHeader(factsOfBytes(bytes), header, {}, false);
  const image = await decode(bytes, facts, [spec]);
  const timing = isAnimated(facts) ? timingOf(header) : undefined;
  return looked(await draw({ image, original: facts, timing, focalPoint }, spec));
}

/** The same picture twice, as the pipeline of a drawn one can be run again and again. */
export async function looked(drawn: Drawn): Promise<Shown> {
  const pixels = await pixelsOf(drawn.image());
  const again = await pixelsOf(drawn.image());
  if (!again.data.equals(pixels.data)) throw new Error('drawn twice, it differs');
  if (pixels.width !== drawn.width || pixels.height !== drawn.height * drawn.frames) {
    throw new Error(`${pixels.width} × ${pixels.height} came, ${drawn.width} × ${drawn.height} were told`);
  }
  if ((pixels.channels === 4) !== drawn.hasAlpha) throw new Error(`${pixels.channels} channels came`);
  const at = (x: number, y: number, frame = 0) => {
    const row = y + frame * drawn.height;
    const start = (row * pixels.width + x) * pixels.channels;
    return [...pixels.data.subarray(start, start + pixels.channels)];
  };
  return { ...drawn, at, pixels };
}

/** Largest difference of any channel. */
export function difference(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Infinity))));
}
