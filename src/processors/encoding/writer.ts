import sharp from 'sharp';
import type { Copyright } from '../drawn.ts';
import { withLoader } from '../loaders.ts';
import type { Colour } from '../pipeline.ts';
import type { RenditionFormat } from '../types.ts';
import { ENCODERS, type Settings } from './encoders.ts';
import { withCopyright } from './kept-metadata.ts';
import type { Pixels } from './pixels.ts';
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

export function createWriter(pixels: Pixels, { background, progressive, copyright }: Manner): Writer {
  const references = new Map<Colour, Promise<Luma>>();
  const reference = (behind?: Colour) => {
    const known = references.get(behind ?? '') ?? pixels.samples().then((samples) => lumaOf(samples, behind));
    references.set(behind ?? '', known);
    return known;
  };
  return {
    write: (format, quality) =>
      pixels.use((image) => {
        const encoder = ENCODERS[format];
        const opaque = pixels.hasAlpha && encoder.alpha === 'none' ? image.flatten({ background }) : image;
        const written = encoder.write(opaque, { quality, progressive, timing: pixels.timing });
        return (copyright ? withCopyright(written, copyright) : written).toBuffer();
      }),
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
