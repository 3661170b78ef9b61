import { crc32, deflateSync } from 'node:zlib';
import { flatPng } from '../flat-png.ts';
import { type Hostile, hostile } from './hostile.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MIB = 1024 * 1024;
const GREY = 0;
const RGBA = 6;

function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(data.length + 12);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, 'latin1');
  data.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), 8 + data.length);
  return framed;
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colour?: number;
  readonly interlaced?: boolean;
}

function png(
  { width, height, depth = 8, colour = GREY, interlaced = false }: Shape,
  ...chunks: Buffer[]
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

const zeros = (bytes: number) => chunk('IDAT', deflateSync(Buffer.alloc(bytes), { level: 9 }));
const small = { width: 16, height: 16 };
const smallPixels = zeros(17 * 16);
const keyword = (name: string) => Buffer.from(`${name}\0\0`, 'latin1');
const packedZeros = (bytes: number) => deflateSync(Buffer.alloc(bytes));

function animated(frames: number): Buffer {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(frames, 0);
  const parts = Array.from({ length: frames }, (_, frame) => {
    const frameControl = Buffer.alloc(26);
    frameControl.writeUInt32BE(Math.max(0, 2 * frame - 1), 0);
    frameControl.writeUInt32BE(16, 4);
    frameControl.writeUInt32BE(16, 8);
    const data = Buffer.concat([Buffer.alloc(4), deflateSync(Buffer.alloc(17 * 16))]);
    data.writeUInt32BE(2 * frame, 0);
    return [chunk('fcTL', frameControl), frame === 0 ? smallPixels : chunk('fdAT', data)];
  });
  return png(small, chunk('acTL', control), ...parts.flat());
}

/** Pixel bombs, chunk bombs and shapes that nobody expects. */
export function hostilePngs(): Hostile[] {
  return [
    hostile(
      'png-50000x50000-zeros.png',
      png({ width: 50_000, height: 50_000, depth: 1 }, zeros(16 * MIB)),
      'IMAGE_TOO_MANY_PIXELS',
    ),
    hostile(
      'png-side.png',
      png({ width: 2_000_000, height: 1 }, zeros(MIB)),
      'IMAGE_SIDE_TOO_LONG',
      'IMAGE_CORRUPT',
    ),
    hostile(
      'png-2147483647.png',
      png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, zeros(100)),
      'IMAGE_SIDE_TOO_LONG',
      'IMAGE_CORRUPT',
    ),
    hostile('png-4294967295.png', png({ width: 2 ** 32 - 1, height: 1 }, zeros(100)), 'IMAGE_CORRUPT'),
    hostile('png-0x0.png', png({ width: 0, height: 0 }, zeros(100)), 'IMAGE_CORRUPT'),
    hostile('png-49-megapixels-flat.png', flatPng(7000, 7000), 'processed'),
    hostile(
      'png-interlaced-16-bit.png',
      png({ width: 7000, height: 7000, depth: 16, colour: RGBA, interlaced: true }, zeros(MIB)),
      'IMAGE_RATIO_TOO_HIGH',
    ),
    hostile('png-65535x1.png', flatPng(65_535, 1), 'processed'),
    hostile('png-1x65535.png', flatPng(1, 65_535), 'processed'),
    hostile(
      'png-16-bit.png',
      png({ ...small, depth: 16, colour: RGBA }, zeros((16 * 8 + 1) * 16)),
      'processed',
    ),
    hostile(
      'png-text-bomb.png',
      png(small, chunk('zTXt', Buffer.concat([keyword('Comment'), packedZeros(200 * MIB)])), smallPixels),
    ),
    hostile(
      'png-profile-bomb.png',
      png(small, chunk('iCCP', Buffer.concat([keyword('icc'), packedZeros(200 * MIB)])), smallPixels),
    ),
    hostile('png-exif-bomb.png', png(small, chunk('eXIf', Buffer.alloc(4 * MIB, 'II*\0')), smallPixels)),
    hostile(
      'png-20000-chunks.png',
      png(
        small,
        ...Array.from({ length: 20_000 }, (_, i) => chunk('tEXt', Buffer.from(`k${i}\0v`))),
        smallPixels,
      ),
    ),
    hostile('png-more-pixels-than-said.png', png(small, zeros(64 * MIB))),
    hostile(
      'png-fewer-pixels-than-said.png',
      png({ width: 1000, height: 1000 }, zeros(1000)),
      'IMAGE_CORRUPT',
    ),
    hostile('png-no-pixels.png', png(small), 'IMAGE_CORRUPT'),
    hostile('png-palette-missing.png', png({ ...small, colour: 3 }, smallPixels), 'IMAGE_CORRUPT'),
    hostile('png-depth-7.png', png({ ...small, depth: 7 }, smallPixels), 'IMAGE_CORRUPT'),
    hostile('png-no-crc.png', png(small, smallPixels).fill(0, 29, 33)),
    hostile(
      'png-chunk-of-2-gib.png',
      Buffer.concat([
        SIGNATURE,
        Buffer.from([0x7f, 0xff, 0xff, 0xff]),
        Buffer.from('IHDR'),
        Buffer.alloc(64),
      ]),
      'IMAGE_CORRUPT',
    ),
    hostile('png-two-headers.png', png(small, chunk('IHDR', Buffer.alloc(13, 1)), smallPixels)),
    hostile('apng-3-frames.png', animated(3), 'processed'),
    hostile('apng-5000-frames.png', animated(5000), 'processed'),
  ];
}
