import type { Drawn, Source } from './drawn.ts';
import { chooseFormats } from './encoding/choose-format.ts';
import { ENCODERS } from './encoding/encoders.ts';
import { type Pixels, type PixelsOnce, pixelsOf, pixelsOnce } from './encoding/pixels.ts';
import { fitting, type Written, withSimilarity } from './encoding/quality.ts';
import { MIDDLE_GREY } from './encoding/similarity.ts';
import { createWriter, type Manner, write } from './encoding/writer.ts';
import type { RenditionSpec } from './pipeline.ts';
import { reject } from './refusal.ts';
import type { Rendition, RenditionFormat } from './types.ts';

/** A rendition without its name. */
export type Encoded = Omit<Rendition, 'name'>;

/**
 * Writes what was drawn in the format and at the quality that the spec asks for (docs/formats-and-quality.md); the bytes are
 * equal for equal pixels. Nothing of the source's metadata comes along except what the spec keeps. Throws a Refusal:
 * RENDITION_SIDE_TOO_LONG, RENDITION_TOO_LARGE, RENDITION_FORMAT_NOT_ALLOWED.
 */
export async function encode(drawn: Drawn, spec: RenditionSpec, source: Source): Promise<Encoded> {
  const { formats, motion } = chooseFormats(drawn, spec, source);
  // What holds no profile is written in sRGB.
  const wanted = { motion, icc: spec.keepIcc === true && ENCODERS[formats[0]].icc };
  const manner = {
    background: spec.background,
    progressive: spec.progressive ?? false,
    copyright: spec.keepCopyright ? source.copyright : undefined,
  };
  const { quality } = spec;
  const once =
    typeof quality === 'number' && spec.format !== 'best' && pixelsOnce(drawn, wanted, ENCODERS[formats[0]]);
  const {
    format,
    reached: _,
    ...written
  } = once
    ? await asNumber(once, formats[0], quality, manner)
    : await choose(await pixelsOf(drawn, wanted), formats, spec, manner);
  const { extension, contentType } = ENCODERS[format];
  return { format, extension, contentType, width: drawn.width, height: drawn.height, ...written };
}

async function choose(
  pixels: Pixels,
  formats: readonly [RenditionFormat, ...RenditionFormat[]],
  spec: RenditionSpec,
  manner: Manner,
): Promise<Written> {
  const { quality, format } = spec;
  if (typeof quality === 'number') {
    if (format !== 'best') return asNumber(pixels, formats[0], quality, manner);
    const target = await similarityOfJpeg(pixels, quality, manner);
    if (!formats.includes('jpeg')) return smallest(pixels, formats, target, manner);
    // The measure itself needs no search, and nothing larger is ever the best.
    const jpeg = await asNumber(pixels, 'jpeg', quality, manner);
    const others = formats.filter((other) => other !== 'jpeg');
    return smallest(pixels, others, target, manner, { ...jpeg, similarity: target });
  }
  if ('similarity' in quality) return smallest(pixels, formats, quality.similarity, manner);
  return fullest(pixels, formats, quality.maxBytes, spec, manner);
}

async function asNumber(
  pixels: PixelsOnce,
  format: RenditionFormat,
  quality: number,
  manner: Manner,
): Promise<Written> {
  // What has no scale of its own is made as good as it can be: 80 means nothing to a palette.
  if (ENCODERS[format].palette) {
    return { format, body: await write(pixels, manner, format, 'full'), reached: true };
  }
  return { format, body: await write(pixels, manner, format, quality), quality, reached: true };
}

/** What a quality means to `best`: how much of this picture's brightness a JPEG of it keeps. */
async function similarityOfJpeg(pixels: Pixels, quality: number, manner: Manner): Promise<number> {
  const writer = createWriter(pixels.measured, { ...manner, background: MIDDLE_GREY });
  return writer.similarity('jpeg', await writer.write('jpeg', quality));
}

/** The smallest file that is as similar as asked for; where none is, the most similar. */
async function smallest(
  pixels: Pixels,
  formats: readonly RenditionFormat[],
  target: number,
  manner: Manner,
  known?: Written,
): Promise<Written> {
  let best = known;
  // One after the other: what is known to be smaller ends the search in the next format early.
  for (const format of formats) {
    const below = best?.reached ? best.body.length : Infinity;
    const found = await withSimilarity(pixels, format, target, manner, below);
    if (found && (!best || isBetter(found, best))) best = found;
    if (format === 'png' && best?.format === 'png' && formats.includes('webp')) {
      best = await orLosslessWebp(pixels, best, manner);
    }
  }
  if (!best) throw new Error('no format was tried');
  return best;
}

/** A PNG with fewer bytes than pixels is a drawing; WebP without loss takes long for photographs, and never wins. */
async function orLosslessWebp(pixels: Pixels, png: Written, manner: Manner): Promise<Written> {
  if (png.body.length > pixels.width * pixels.height) return png;
  const body = await createWriter(pixels, manner).write('webp', 'full');
  return body.length < png.body.length ? { ...png, format: 'webp', body } : png;
}

function isBetter(one: Written, other: Written): boolean {
  if (one.reached !== other.reached) return one.reached;
  if (one.reached) return one.body.length < other.body.length;
  return (one.similarity ?? 0) > (other.similarity ?? 0);
}

/** The file that is most similar among those with at most so many bytes. Throws a Refusal: RENDITION_TOO_LARGE. */
async function fullest(
  pixels: Pixels,
  formats: readonly RenditionFormat[],
  maxBytes: number,
  { name }: RenditionSpec,
  manner: Manner,
): Promise<Written> {
  let best: Written | undefined;
  let least = Infinity;
  for (const format of formats) {
    const found = await fitting(pixels, format, maxBytes, manner, formats.length > 1);
    least = Math.min(least, found.body.length);
    if (found.reached && (!best || (found.similarity ?? 0) > (best.similarity ?? 0))) best = found;
  }
  if (best) return best;
  throw reject(
    'RENDITION_TOO_LARGE',
    `the rendition ${name} of ${pixels.width} × ${pixels.height} pixels takes ${least} bytes as ${formats.join(' or ')} at the ` +
      `lowest quality, and maxBytes is ${maxBytes}; raise it, make the rendition smaller, or choose another format`,
  );
}
