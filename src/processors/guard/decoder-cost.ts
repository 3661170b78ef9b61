import type { DecodableFormat, Header } from './decodable.ts';
import { tiffUnit } from './tiff-unit.ts';

/** Sharp and libvips with nothing to do but one small picture. */
const BASE_BYTES = 16 * 1024 * 1024;
/** Rows that libvips holds between a decoder that goes top to bottom and the resize. */
const WINDOW_ROWS = 1500;
/** A coefficient of a JPEG, 16 bits; a picture in scans keeps all of them until its last scan. */
const COEFFICIENT_BYTES = 2;
/** 8-bit 4:4:4 pictures of 6 and 24 megapixels took 19 to 20; one of 10 bits 27. */
const AVIF_BYTES = 20;
const AVIF_DEEP_BYTES = 28;
const RGBA_BYTES = 4;

/** Samples of a pixel after chroma subsampling. */
const SUBSAMPLED: Readonly<Record<string, number>> = { '4:2:0': 1.5, '4:2:2': 2, '4:4:0': 2, '4:1:1': 1.5 };

type Shape = Pick<Header, 'width' | 'height' | 'pages' | 'channels' | 'depth'>;

/** Bytes of all pixels of all frames, as they are decoded. */
export function decodedBytes(header: Shape): number {
  return header.width * header.height * (header.pages ?? 1) * pixelBytes(header);
}

/**
 * An upper estimate of the memory that decoding takes, from the header alone: the rows in flight, and what the format's
 * decoder holds besides, at its real cost. test/unit/processors/decoder-cost.test.ts measures it in processes.
 */
export function decoderBytes(bytes: Buffer, format: DecodableFormat, header: Header): number {
  const rows = Math.min(header.height, WINDOW_ROWS);
  return BASE_BYTES + header.width * rows * pixelBytes(header) + heldBytes(bytes, format, header);
}

function heldBytes(bytes: Buffer, format: DecodableFormat, header: Header): number {
  const pixels = header.width * header.height;
  const whole = pixels * pixelBytes(header);
  switch (format) {
    case 'jpeg':
      return header.isProgressive ? pixels * samples(header) * COEFFICIENT_BYTES : 0;
    case 'png':
      return header.isProgressive ? whole : 0;
    case 'webp':
    case 'gif':
      // The frame itself; of an animation the canvas before it too, and all frames wait for the last one.
      return pixels * RGBA_BYTES * ((header.pages ?? 1) > 1 ? 2 + (header.pages ?? 1) : 1);
    case 'avif':
      return pixels * (header.depth === 'uchar' ? AVIF_BYTES : AVIF_DEEP_BYTES);
    case 'tiff': {
      const unit = tiffUnit(bytes);
      // A strip or a row of tiles is decoded as a whole; without a layout that can be read, all of the picture.
      return unit
        ? Math.min(header.width + unit.width, 2 * header.width) *
            Math.min(unit.height, header.height) *
            pixelBytes(header)
        : whole;
    }
    case 'svg':
      return pixels * RGBA_BYTES;
  }
}

function samples({ channels = 4, chromaSubsampling = '' }: Header): number {
  return channels === 3 ? (SUBSAMPLED[chromaSubsampling] ?? channels) : channels;
}

function pixelBytes({ channels = 4, depth = 'float' }: Pick<Shape, 'channels' | 'depth'>): number {
  return channels * (DEPTH_BYTES[depth] ?? 8);
}

const DEPTH_BYTES: Readonly<Record<string, number>> = {
  ...({ uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 } as const),
  ...({ double: 8, complex: 8, dpcomplex: 16 } as const),
};
