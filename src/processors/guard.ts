import type { Metadata } from 'sharp';
import { reject } from './refusal.ts';
import type { ImageFormat, OwnLimits } from './types.ts';

/** Formats that the decoder on board can read. HEIC, BMP, JPEG XL and SVG are known by sight only. */
export const DECODABLE_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
export type DecodableFormat = (typeof DECODABLE_FORMATS)[number];

/** What an image may be at most. */
export interface Limits {
  readonly maxBytes: number;
  /** Width × height, summed over all frames. */
  readonly maxPixels: number;
  readonly maxFrames: number;
  readonly formats: readonly DecodableFormat[];
}

/** imgproxy, the most trusted peer, allows 50 megapixels too; 32 MiB holds a 50-megapixel camera's JPEG. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 32 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxFrames: 100,
  formats: DECODABLE_FORMATS,
};

/** The limits of the service, made narrower by those of an image's owner. */
export function narrowed(limits: Limits, own: OwnLimits): Limits {
  const { maxBytes, maxPixels, maxFrames, formats } = limits;
  return {
    maxBytes: Math.min(maxBytes, own.maxBytes ?? maxBytes),
    maxPixels: Math.min(maxPixels, own.maxPixels ?? maxPixels),
    maxFrames: Math.min(maxFrames, own.maxFrames ?? maxFrames),
    formats: formats.filter((format) => own.formats?.includes(format) ?? true),
  };
}

/** Checks what can be known without reading the content. Throws a Refusal. */
export function guardBytes(bytes: number, limits: Limits): void {
  if (bytes === 0) throw reject('IMAGE_EMPTY', 'the image has no bytes; send one that has content');
  if (bytes > limits.maxBytes) {
    throw reject(
      'IMAGE_TOO_LARGE',
      `the image has ${bytes} bytes; at most ${limits.maxBytes} are allowed: send a smaller one`,
    );
  }
}

/** Checks the format that the bytes show. Throws a Refusal, else returns it as one that can be decoded. */
export function guardFormat(format: ImageFormat, limits: Limits): DecodableFormat {
  const allowed = limits.formats.find((name) => name === format);
  if (allowed) return allowed;
  const list = limits.formats.join(', ');
  throw format === 'unknown'
    ? reject('FORMAT_UNKNOWN', `the bytes are of no known image format; allowed are ${list}`)
    : reject('FORMAT_NOT_ALLOWED', `the image is ${format}; allowed are ${list}`);
}

/** Checks what the header promises, before anything is decoded. Throws a Refusal. */
export function guardHeader(
  header: Pick<Metadata, 'width' | 'height' | 'pages' | 'compression'>,
  limits: Limits,
): void {
  if (header.compression === 'hevc') {
    throw reject('FORMAT_NOT_ALLOWED', `the image is heif (HEVC); allowed are ${limits.formats.join(', ')}`);
  }
  const frames = header.pages ?? 1;
  if (frames > limits.maxFrames) {
    throw reject(
      'IMAGE_TOO_MANY_FRAMES',
      `the image has ${frames} frames; at most ${limits.maxFrames} are allowed: send a shorter animation`,
    );
  }
  const pixels = header.width * header.height * frames;
  if (pixels > limits.maxPixels) {
    throw reject(
      'IMAGE_TOO_MANY_PIXELS',
      `the image has ${header.width} × ${header.height} × ${frames} = ${pixels} pixels over all frames; ` +
        `at most ${limits.maxPixels} are allowed: send a smaller one`,
    );
  }
}
