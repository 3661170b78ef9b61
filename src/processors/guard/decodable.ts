import type { Metadata } from 'sharp';

/** Formats of pixels that the decoder on board can read. HEIC, BMP and JPEG XL are known by sight only. */
export const PIXEL_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
/** With SVG, a program for a drawing machine: it must be allowed by name. */
export const DECODABLE_FORMATS = [...PIXEL_FORMATS, 'svg'] as const;
export type DecodableFormat = (typeof DECODABLE_FORMATS)[number];

/** What the guard asks of a header. */
export type Header = Pick<
  Metadata,
  'width' | 'height' | 'pages' | 'compression' | 'channels' | 'depth' | 'isProgressive' | 'chromaSubsampling'
>;
