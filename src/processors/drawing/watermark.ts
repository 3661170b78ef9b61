import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { StreamsError } from '../../topology/errors.ts';
import type { Pipeline, Watermark } from '../pipeline.ts';
import { firstLine, Refusal } from '../refusal.ts';
import { open, type Pixels, pixelsOf } from './pixels.ts';

/** Words are drawn once so large, and made smaller for each rendition; an image file is kept at most so large. */
const MASTER_PX = 2048;
const DPI = 72;
/** Pictures of all shapes ask for many sizes of a mark; those asked for last are kept, in so many bytes for each watermark. */
const KEPT_BYTES = 8 * 1024 * 1024;

const masters = new WeakMap<Watermark, Promise<Pixels>>();
const sized = new WeakMap<Watermark, Map<number, Pixels>>();

/**
 * Gets all watermarks of these pipelines ready in this process: done before decoders are blocked, as those of a customer's
 * images need not be those of the watermark. What fails here fails the images that need it.
 */
export async function prepareWatermarks(pipelines: readonly Pipeline[]): Promise<void> {
  await Promise.allSettled(watermarksOf(pipelines).map(masterOf));
}

/** Throws WATERMARK_UNREADABLE or FONT_MISSING, which no image could mend, for the first watermark that cannot be drawn. */
export async function checkWatermarks(pipelines: readonly Pipeline[]): Promise<void> {
  for (const watermark of watermarksOf(pipelines)) {
    try {
      await drawMaster(watermark);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new StreamsError(error.code, 'fail', error.message, { cause: error });
    }
  }
}

/** The watermark in colour with its opacity, its longest side so many pixels long. Throws a Refusal. */
export async function watermarkOf(watermark: Watermark, longestPx: number): Promise<Pixels> {
  const kept = sized.get(watermark) ?? new Map<number, Pixels>();
  sized.set(watermark, kept);
  const known = kept.get(longestPx);
  if (known) return known;
  const master = await masterOf(watermark);
  const mark = await pixelsOf(open(master).resize(longestPx, longestPx, { fit: 'inside' }));
  for (let at = 3; at < mark.data.length; at += 4) {
    mark.data[at] = Math.round((mark.data[at] ?? 0) * watermark.opacity);
  }
  keep(kept, longestPx, mark);
  return mark;
}

function keep(kept: Map<number, Pixels>, longestPx: number, mark: Pixels): void {
  kept.set(longestPx, mark);
  let bytes = [...kept.values()].reduce((sum, { data }) => sum + data.length, 0);
  for (const [size, { data }] of kept) {
    if (bytes <= KEPT_BYTES) return;
    kept.delete(size);
    bytes -= data.length;
  }
}

function watermarksOf(pipelines: readonly Pipeline[]): Watermark[] {
  return pipelines.flatMap(({ renditions }) => renditions.flatMap(({ watermark }) => watermark ?? []));
}

function masterOf(watermark: Watermark): Promise<Pixels> {
  const known = masters.get(watermark);
  if (known) return known;
  const master = drawMaster(watermark);
  masters.set(watermark, master);
  return master;
}

async function drawMaster(watermark: Watermark): Promise<Pixels> {
  return 'image' in watermark ? drawFile(watermark.image) : drawText(watermark);
}

async function drawFile(path: string): Promise<Pixels> {
  try {
    const image = sharp(await readFile(path))
      .autoOrient()
      .resize(MASTER_PX, MASTER_PX, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha();
    return await pixelsOf(image);
  } catch (error) {
    throw unreadable(`the image ${path}: ${firstLine(error)}; give the path of an image file`, error);
  }
}

type Words = Extract<Watermark, { readonly text: string }>;

async function drawText({ text, colour, font }: Words): Promise<Pixels> {
  await requireFonts();
  const marked = `<span foreground="${colour}">${text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</span>`;
  const written = (dpi: number) => pixelsOf(sharp({ text: { text: marked, font, rgba: true, dpi } }));
  try {
    const { width, height } = await written(DPI);
    return await written(Math.max(1, Math.floor((DPI * MASTER_PX) / Math.max(width, height))));
  } catch (error) {
    throw unreadable(`the text "${text}" in ${font}, ${colour}: ${firstLine(error)}`, error);
  }
}

/** Where no font is installed every character, narrow or wide, comes out as the same empty box. */
async function requireFonts(): Promise<void> {
  const [narrow, wide] = await Promise.all(
    ['i', 'W'].map((text) => pixelsOf(sharp({ text: { text, font: 'sans', rgba: true } }))),
  );
  if (!narrow || !wide || !narrow.data.equals(wide.data)) return;
  throw new Refusal(
    'failed',
    'FONT_MISSING',
    'a watermark has a text, and this machine has no font to write it with; install one (Debian: fonts-dejavu-core), or ' +
      'give the watermark as an image',
  );
}

function unreadable(what: string, cause: unknown): Refusal {
  return new Refusal('failed', 'WATERMARK_UNREADABLE', `a watermark cannot be drawn from ${what}`, { cause });
}
