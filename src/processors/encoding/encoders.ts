import type { Sharp } from 'sharp';
import type { Timing } from '../drawn.ts';
import type { RenditionFormat } from '../types.ts';

/** What an encoder is told besides the pixels. */
export interface Settings {
  /** 1 to 100 on the encoder's own scale, or the most that the format can: without loss where it has that. */
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
  /** Whether it holds a profile. */
  readonly icc: boolean;
  /** Whether it takes away by a palette instead of detail. */
  readonly palette: boolean;
  /** Those that differ, rising; the last of a palette is not yet `full` where that is without loss. */
  readonly qualities: readonly number[];
  readonly write: (image: Sharp, settings: Settings) => Sharp;
}

/** From this quality on chroma is not subsampled: who asks for so much wants sharp red edges too. */
const FULL_CHROMA_QUALITY = 90;

const chroma = (quality: number) => (quality < FULL_CHROMA_QUALITY ? '4:2:0' : '4:4:4');
const lossy = (quality: Settings['quality']) => (quality === 'full' ? 100 : quality);

const ONE_TO_HUNDRED: readonly number[] = Array.from({ length: 100 }, (_, index) => index + 1);

/** sharp writes no other numbers of colours into a GIF. */
const GIF_COLOURS: ReadonlyMap<number, number> = new Map([
  [25, 2],
  [50, 4],
  [75, 16],
  [100, 256],
]);

/** The settings are measured in docs/formats-and-quality.md and chosen in ADR 26. */
export const ENCODERS: Readonly<Record<RenditionFormat, Encoder>> = {
  jpeg: {
    extension: 'jpg',
    contentType: 'image/jpeg',
    maxSidePx: 65_535,
    alpha: 'none',
    motion: false,
    icc: true,
    palette: false,
    qualities: ONE_TO_HUNDRED,
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
    icc: true,
    palette: true,
    qualities: ONE_TO_HUNDRED,
    // Filtered at level 3: the time of the default (unfiltered at 6) and smaller. Less than full is libimagequant's quality,
    // at most 256 colours; numbers of a palette are not like their neighbours, so they are not filtered.
    write: (image, { quality, progressive }) =>
      quality === 'full'
        ? image.png({ compressionLevel: 3, adaptiveFiltering: true, progressive })
        : image.png({ palette: true, quality, effort: 1, progressive }),
  },
  webp: {
    extension: 'webp',
    contentType: 'image/webp',
    maxSidePx: 16_383,
    alpha: 'full',
    motion: true,
    icc: true,
    palette: false,
    qualities: ONE_TO_HUNDRED,
    // Effort 2: less than half the time of the default 4 for 3 % more bytes.
    write: (image, { quality, timing }) =>
      image.webp(
        quality === 'full' ? { lossless: true, effort: 2, ...timing } : { quality, effort: 2, ...timing },
      ),
  },
  avif: {
    extension: 'avif',
    contentType: 'image/avif',
    maxSidePx: 16_384,
    alpha: 'full',
    motion: false,
    icc: true,
    palette: false,
    qualities: ONE_TO_HUNDRED,
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
    icc: false,
    palette: true,
    qualities: [...GIF_COLOURS.keys()],
    // Effort 1: a third of the time of the default 7 for 3 % more bytes.
    write: (image, { quality, timing }) =>
      image.gif({ colours: GIF_COLOURS.get(lossy(quality)), effort: 1, ...timing }),
  },
};
