import { reject } from '../refusal.ts';
import type { ImageFormat, OwnLimits } from '../types.ts';
import { type DecodableFormat, type Header, PIXEL_FORMATS } from './decodable.ts';
import { decodedBytes, decoderBytes } from './decoder-cost.ts';
import { countScans } from './jpeg-scans.ts';
import { strangerKind } from './strangers.ts';

/** A file of less counts as this much in the ratio: a blank page is a hundred bytes in WebP, and no bomb. */
const RATIO_FLOOR_BYTES = 4096;

/** Encoders write 3 to 13. 2646, which the format allows, keep a decoder of 49 megapixels busy for half a minute. */
const MAX_SCANS = 100;

/** What an image may be at most. */
export interface Limits {
  readonly maxBytes: number;
  /** Width × height, summed over all frames. */
  readonly maxPixels: number;
  readonly maxFrames: number;
  /** Width and height of one frame. */
  readonly maxSidePx: number;
  /** Decoded bytes over all frames for each byte of the file; one under 4 KiB counts as 4 KiB. Does not hold for SVG. */
  readonly maxRatio: number;
  /** What decoding takes, by the formula of decoder-cost.ts. */
  readonly maxDecoderBytes: number;
  readonly formats: readonly DecodableFormat[];
}

/**
 * imgproxy, the most trusted peer, allows 50 megapixels too; 32 MiB holds a 50-megapixel camera's JPEG. A side: the longest
 * that JPEG can have. The ratio: deflate packs 1032 bytes into one, and a PNG of one bit a pixel grows by 8 in memory, so no
 * honest PNG comes to 10,000. Decoder memory: what the default cap of a worker leaves beside the renditions.
 */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 32 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxFrames: 100,
  maxSidePx: 65_535,
  maxRatio: 10_000,
  maxDecoderBytes: 768 * 1024 * 1024,
  formats: PIXEL_FORMATS,
};

/** The limits of the service, made narrower by those of an image's owner. */
export function narrowed(limits: Limits, own: OwnLimits): Limits {
  const least = (name: Exclude<keyof Limits, 'formats'>) => Math.min(limits[name], own[name] ?? Infinity);
  return {
    maxBytes: least('maxBytes'),
    maxPixels: least('maxPixels'),
    maxFrames: least('maxFrames'),
    maxSidePx: least('maxSidePx'),
    maxRatio: least('maxRatio'),
    maxDecoderBytes: least('maxDecoderBytes'),
    formats: limits.formats.filter((format) => own.formats?.includes(format) ?? true),
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
export function guardFormat(bytes: Buffer, format: ImageFormat, limits: Limits): DecodableFormat {
  const allowed = limits.formats.find((name) => name === format);
  if (allowed) return allowed;
  const list = limits.formats.join(', ');
  if (format !== 'unknown') throw reject('FORMAT_NOT_ALLOWED', `the image is ${format}; allowed are ${list}`);
  const stranger = strangerKind(bytes);
  if (!stranger)
    throw reject('FORMAT_UNKNOWN', `the bytes are of no known image format; allowed are ${list}`);
  const code = stranger.kind === 'video' ? 'IMAGE_IS_VIDEO' : 'IMAGE_IS_DOCUMENT';
  throw reject(code, `the bytes are ${stranger.name}, no image; send an image: allowed are ${list}`);
}

/** Checks what the header promises, before anything is decoded. Throws a Refusal. */
export function guardHeader(bytes: Buffer, format: DecodableFormat, header: Header, limits: Limits): void {
  if (header.compression === 'hevc') {
    throw reject('FORMAT_NOT_ALLOWED', `the image is heif (HEVC); allowed are ${limits.formats.join(', ')}`);
  }
  const { width, height, pages: frames = 1 } = header;
  if (frames > limits.maxFrames) {
    throw reject(
      'IMAGE_TOO_MANY_FRAMES',
      `the image has ${frames} frames; at most ${limits.maxFrames} are allowed: send a shorter animation`,
    );
  }
  if (Math.max(width, height) > limits.maxSidePx) {
    throw reject(
      'IMAGE_SIDE_TOO_LONG',
      `the image is ${width} × ${height} pixels; at most ${limits.maxSidePx} a side are allowed: send a smaller one`,
    );
  }
  const pixels = width * height * frames;
  if (pixels > limits.maxPixels) {
    throw reject(
      'IMAGE_TOO_MANY_PIXELS',
      `the image has ${width} × ${height} × ${frames} = ${pixels} pixels over all frames; ` +
        `at most ${limits.maxPixels} are allowed: send a smaller one`,
    );
  }
  if (format === 'jpeg' && header.isProgressive && countScans(bytes, MAX_SCANS) > MAX_SCANS) {
    throw reject(
      'IMAGE_TOO_MANY_SCANS',
      `the image comes in more than ${MAX_SCANS} scans, which is the most allowed: save it anew, progressive or not`,
    );
  }
  const ratio = Math.round(decodedBytes(header) / Math.max(bytes.length, RATIO_FLOOR_BYTES));
  if (format !== 'svg' && ratio > limits.maxRatio) {
    throw reject(
      'IMAGE_RATIO_TOO_HIGH',
      `the image becomes ${ratio} bytes for each byte of its file; at most ${limits.maxRatio} are allowed: ` +
        'send it smaller, or in a format that packs less',
    );
  }
  const memory = decoderBytes(bytes, format, header);
  if (memory > limits.maxDecoderBytes) {
    throw reject(
      'IMAGE_DECODER_MEMORY',
      `decoding the image takes some ${memory} bytes of memory; at most ${limits.maxDecoderBytes} are allowed: ` +
        'send a smaller one, or not progressive, interlaced or in one strip',
    );
  }
}
