import sharp from 'sharp';
import type { Copyright } from '../drawn.ts';
import { withLoader } from '../loaders.ts';
import type { Colour } from '../pipeline.ts';
import type { RenditionFormat } from '../types.ts';
import { ENCODERS, type Settings } from './encoders.ts';
import { withCopyright } from './kept-metadata.ts';
import type { Pixels, PixelsOnce } from './pixels.ts';
import { type Luma, lumaOf, similarity } from './similarity.ts';

/** What every file of a rendition has in common, whatever its format and quality. */
export interface Manner {
  /** Behind transparency where the format has none. */
  readonly background: Colour;
  readonly progressive: boolean;
  /** Written into the file. */
  readonly copyright?: Copyright;
}

/** Writes one picture, and tells how much of it is left. */
export interface Writer {
  readonly write: (format: RenditionFormat, quality: Settings['quality']) => Promise<Buffer>;
  /** Mean SSIM of a file's first frame against the picture without loss. */
  readonly similarity: (format: RenditionFormat, body: Buffer) => Promise<number>;
}

/** One file of a picture that may be there for this once. Throws when the picture is not of the size that it says. */
export async function write(
  pixels: PixelsOnce,
  { background, progressive, copyright }: Manner,
  format: RenditionFormat,
  quality: Settings['quality'],
): Promise<Buffer> {
  const { width, height, timing } = pixels;
  const { data, info } = await pixels.use((image) => {
    const encoder = ENCODERS[format];
    const opaque = pixels.hasAlpha && encoder.alpha === 'none' ? image.flatten({ background }) : image;
    const written = encoder.write(opaque, { quality, progressive, timing });
    return (copyright ? withCopyright(written, copyright) : written).toBuffer({ resolveWithObject: true });
  });
  // Frames stand below each other.
  if (info.width !== width || info.height % height !== 0 || (!timing && info.height !== height)) {
    throw new Error(`drawn are ${info.width} × ${info.height} pixels, not frames of ${width} × ${height}`);
  }
  return data;
}

export function createWriter(pixels: Pixels, manner: Manner): Writer {
  const { background } = manner;
  const references = new Map<Colour, Promise<Luma>>();
  const reference = (behind?: Colour) => {
    const known = references.get(behind ?? '') ?? pixels.samples().then((samples) => lumaOf(samples, behind));
    references.set(behind ?? '', known);
    return known;
  };
  return {
    write: (format, quality) => write(pixels, manner, format, quality),
    similarity: async (format, body) => {
      const { data, info } = await withLoader(format, () =>
        // The reference has the file's own colours too, before any profile.
        sharp(body, { ignoreIcc: true, limitInputPixels: false })
          .raw({ depth: 'uchar' })
          .toBuffer({ resolveWithObject: true }),
      );
      const { width, height, channels } = info;
      const behind = ENCODERS[format].alpha === 'none' ? background : undefined;
      return similarity(await reference(behind), lumaOf({ data, width, height, channels }, behind));
    },
  };
}
