import type { RenditionFormat } from '../types.ts';
import { ENCODERS } from './encoders.ts';
import type { Pixels } from './pixels.ts';
import { highestQuality, lowestQuality } from './quality-search.ts';
import { createWriter, type Manner } from './writer.ts';

/** A picture written in one format. */
export interface Written {
  readonly format: RenditionFormat;
  readonly body: Buffer;
  /** Absent where nothing was taken away, or a number means nothing to the format. */
  readonly quality?: number;
  /** Mean SSIM, where it was measured. */
  readonly similarity?: number;
  /** False where no quality of the format is good enough, or small enough. */
  readonly reached: boolean;
}

/** Written without loss, in full: 1 by definition. */
const EQUAL = 1;

/**
 * The lowest quality that is as similar as asked for, of an animation's most varied frame; the highest where none is. PNG is without loss
 * always: brightness says little about a palette's colours. Undefined when it would be larger than `smallerThan`.
 */
export async function withSimilarity(
  pixels: Pixels,
  format: RenditionFormat,
  target: number,
  manner: Manner,
  smallerThan = Infinity,
): Promise<Written | undefined> {
  const writer = createWriter(pixels, manner);
  if (format === 'png') {
    return { format, body: await writer.write(format, 'full'), similarity: EQUAL, reached: true };
  }
  const { measured } = pixels;
  const moving = measured !== pixels;
  const still = moving ? createWriter(measured, manner) : writer;
  const found = await lowestQuality(
    ENCODERS[format].qualities,
    async (quality) => {
      const body = await still.write(format, quality);
      return { body, similarity: await still.similarity(format, body) };
    },
    (tried) => tried.similarity >= target,
    (tried) => !moving && tried.body.length >= smallerThan,
  );
  if (!found) return undefined;
  const { quality, result, reached } = found;
  const body = moving ? await writer.write(format, quality) : result.body;
  return { format, body, quality, similarity: result.similarity, reached };
}

/**
 * The highest quality that fits into so many bytes; not reached where 1 does not. PNG without loss where it fits, else with
 * a palette, GIF with a smaller palette. `compared`: among other formats, so its similarity is measured, and palettes, which
 * lose against lossy formats and take long to find, are not tried.
 */
export async function fitting(
  pixels: Pixels,
  format: RenditionFormat,
  maxBytes: number,
  manner: Manner,
  compared: boolean,
): Promise<Written> {
  const writer = createWriter(pixels, manner);
  if (format === 'png') {
    const body = await writer.write(format, 'full');
    const reached = body.length <= maxBytes;
    if (reached || compared) return { format, body, similarity: EQUAL, reached };
  }
  const { quality, result, reached } = await highestQuality(
    ENCODERS[format].qualities,
    (tried) => writer.write(format, tried),
    (body) => body.length <= maxBytes,
  );
  const written = { format, body: result, quality, reached };
  return compared && reached ? { ...written, similarity: await writer.similarity(format, result) } : written;
}
