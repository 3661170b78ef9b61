import type { Sharp } from 'sharp';
import type { Timing } from '../drawn.ts';
import type { RenditionFormat } from '../types.ts';

/** What an encoder is told besides the pixels. */
export interface Settings {
  /** 1 to 100 on the encoder's own scale, or the most that the format can. */
  readonly quality: number | 'full';
  readonly progressive: boolean;
  readonly timing?: Timing;
}

/** One format: what it can hold, and how it is written. */
export interface Encoder {
  readonly extension: string;
  readonly contentType: string;
  /** Of one frame; the format's own, or its library's. */
  readonly maxSidePx: number;
  /** `mask`: a pixel is there or not. */
  readonly alpha: 'none' | 'mask' | 'full';
  readonly motion: boolean;
  /**
   * What a number means to it. `lossy`: its own scale. `palette`: the number of colours, 2 at 1 to 256 at 100, on a
   * logarithmic scale; `full` is without loss for PNG and 256 colours for GIF.
   */
  readonly scale: 'lossy' | 'palette';
  readonly write: (image: Sharp, settings: Settings) => Sharp;
}

/** From this quality on chroma is not subsampled: who asks for so much wants sharp red edges too. */
const FULL_CHROMA_QUALITY = 90;

const chroma = (quality: number) => (quality < FULL_CHROMA_QUALITY ? '4:2:0' : '4:4:4');
const lossy = (quality: Settings['quality']) => (quality === 'full' ? 100 : quality);

/** 2 at 1, 256 at 100; equal steps of quality multiply the colours by equal factors. */
export function paletteColours(quality: number): number {
  return Math.round(2 ** (1 + (7 * (quality - 1)) / 99));
}

/** The settings are measured in docs/formats-and-quality.md and chosen in ADR 26. */
export const ENCODERS: Readonly<Record<RenditionFormat, Encoder>> = {
  jpeg: {
    extension: 'jpg',
    contentType: 'image/jpeg',
    maxSidePx: 65_535,
    alpha: 'none',
    motion: false,
    scale: 'lossy',
    // Without optimised Huffman tables: half the encoder's time for 1.5 % more bytes. Scans need them and get them anyway.
    write: (image, { quality, progressive }) =>
      image.jpeg({
        quality: lossy(quality),
        progressive,
        optimiseCoding: false,
        chromaSubsampling: chroma(lossy(quality)),
      }),
  },
  png: {
    extension: 'png',
    contentType: 'image/png',
    // libpng's own limit; larger ones are written, and hardly anything reads them.
    maxSidePx: 1_000_000,
    alpha: 'full',
    motion: false,
    scale: 'palette',
    // Filtered at level 3: the time of the default (unfiltered at 6) and smaller; a palette is not filtered, its neighbours
    // are unlike each other as numbers.
    write: (image, { quality, progressive }) =>
      quality === 'full'
        ? image.png({ compressionLevel: 3, adaptiveFiltering: true, progressive })
        : image.png({ palette: true, colours: paletteColours(quality), effort: 1, progressive }),
  },
  webp: {
    extension: 'webp',
    contentType: 'image/webp',
    maxSidePx: 16_383,
    alpha: 'full',
    motion: true,
    scale: 'lossy',
    // Effort 2: less than half the time of the default 4 for 3 % more bytes.
    write: (image, { quality, timing }) => image.webp({ quality: lossy(quality), effort: 2, ...timing }),
  },
  avif: {
    extension: 'avif',
    contentType: 'image/avif',
    maxSidePx: 16_384,
    alpha: 'full',
    motion: false,
    scale: 'lossy',
    // Effort 0 is no smaller than WebP, and 4, the default, takes more than ten times as long as 1.
    write: (image, { quality }) =>
      image.avif({
        quality: lossy(quality),
        effort: 1,
        chromaSubsampling: chroma(lossy(quality)),
        bitdepth: 8,
      }),
  },
  gif: {
    extension: 'gif',
    contentType: 'image/gif',
    maxSidePx: 65_535,
    alpha: 'mask',
    motion: true,
    scale: 'palette',
    // Effort 1: a third of the time of the default 7 for 3 % more bytes.
    write: (image, { quality, timing }) =>
      image.gif({ colours: quality === 'full' ? 256 : paletteColours(quality), effort: 1, ...timing }),
  },
};
