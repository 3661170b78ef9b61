import sharp from 'sharp';
import { type Hostile, hostile } from './hostile.ts';

const u16 = (...values: number[]) => {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16LE(value & 0xffff, 2 * i);
  return bytes;
};
const u24 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** Of two colours, loops for ever. */
function gif(width: number, height: number, frames: readonly Buffer[], end = Buffer.from([0x3b])): Buffer {
  const palette = Buffer.from([0, 0, 0, 255, 255, 255]);
  const loop = Buffer.concat([
    Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01', 'latin1'),
    u16(0),
    Buffer.from([0]),
  ]);
  return Buffer.concat([
    Buffer.from('GIF89a'),
    u16(width, height),
    Buffer.from([0x80, 0, 0]),
    palette,
    loop,
    ...frames,
    end,
  ]);
}

/** A frame of one pixel's data, whatever size it says. */
function frame(
  width: number,
  height: number,
  x = 0,
  y = 0,
  data: Buffer = Buffer.from([2, 2, 0x44, 1, 0]),
): Buffer {
  const control = Buffer.from([0x21, 0xf9, 4, 0, 0, 0, 0, 0]);
  return Buffer.concat([control, Buffer.from([0x2c]), u16(x, y, width, height), Buffer.from([0]), data]);
}

/** LZW of pixels of one colour: each code is the run before it and one more, until the table is full and begun anew. */
function flatCodes(pixels: number): Buffer {
  const clear = 4;
  const end = 5;
  const codes: (readonly [code: number, bits: number])[] = [];
  for (let left = pixels; left > 0; ) {
    codes.push([clear, 3], [0, 3]);
    left--;
    for (let run = 2, next = 6; left > 0 && next < 4095; run++, next++) {
      const bits = Math.max(3, Math.floor(Math.log2(next)) + 1);
      codes.push([left >= run ? next : 0, bits]);
      left -= left >= run ? run : 1;
    }
  }
  const blocks: Uint8Array[] = [Buffer.from([2])];
  const packed = packedBits([...codes, [end, 12]]);
  for (let at = 0; at < packed.length; at += 255) {
    const part = packed.subarray(at, at + 255);
    blocks.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...blocks, Buffer.from([0])]);
}

/** From the lowest bit of each byte up. */
function packedBits(codes: readonly (readonly [code: number, bits: number])[]): Buffer {
  const bytes: number[] = [];
  let held = 0;
  let count = 0;
  for (const [code, bits] of codes) {
    held |= code << count;
    for (count += bits; count >= 8; count -= 8, held >>= 8) bytes.push(held & 255);
  }
  return Buffer.from([...bytes, held & 255]);
}

function webp(...chunks: readonly (readonly [type: string, data: Buffer])[]): Buffer {
  const body = Buffer.concat(
    chunks.map(([type, data]) =>
      Buffer.concat([Buffer.from(type), u32(data.length), data, Buffer.alloc(data.length & 1)]),
    ),
  );
  return Buffer.concat([Buffer.from('RIFF'), u32(body.length + 4), Buffer.from('WEBP'), body]);
}

const ANIMATED = 2;
const canvas = (flags: number, width: number, height: number) =>
  ['VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), u24(width - 1), u24(height - 1)])] as const;
const animation = ['ANIM', Buffer.alloc(6)] as const;
/** A lossless picture's beginning: its signature, 14 bits of each side less one, and nothing that follows. */
const lossless = (width: number, height: number, tail = Buffer.alloc(20)) =>
  Buffer.concat([Buffer.from([0x2f]), u32((width - 1) | ((height - 1) << 14)), tail]);

async function losslessFrame(width: number, height: number): Promise<Buffer> {
  const file = await sharp({ create: { width, height, channels: 3, background: '#c63' } })
    .webp({ lossless: true })
    .toBuffer();
  return file.subarray(12);
}

/** Canvases and animations that are larger than their files say. */
export async function hostileAnimations(): Promise<Hostile[]> {
  const pixel = await losslessFrame(1, 1);
  const webpFrame = [
    'ANMF',
    Buffer.concat([u24(0), u24(0), u24(0), u24(0), u24(1), Buffer.from([0]), pixel]),
  ] as const;
  const flat = sharp({ create: { width: 6000, height: 6000, channels: 3, background: '#fff' } });
  const many = (count: number, part: Buffer) => Array.from({ length: count }, () => part);
  return [
    hostile('gif-65535x65535.gif', gif(65_535, 65_535, [frame(1, 1)]), 'processed'),
    hostile('gif-7000x7000-tiny.gif', gif(7000, 7000, [frame(7000, 7000)]), 'IMAGE_RATIO_TOO_HIGH'),
    hostile('gif-20000-frames.gif', gif(1, 1, many(20_000, frame(1, 1))), 'IMAGE_TOO_MANY_FRAMES'),
    hostile('gif-100-frames.gif', gif(300, 300, many(100, frame(300, 300))), 'IMAGE_CORRUPT', 'processed'),
    hostile(
      'gif-49-megapixels-in-100-frames.gif',
      gif(700, 700, many(100, frame(700, 700, 0, 0, flatCodes(700 * 700)))),
      'processed',
    ),
    hostile('gif-frame-outside.gif', gif(10, 10, [frame(10, 10, 60_000, 60_000)])),
    hostile('gif-frame-larger-than-canvas.gif', gif(10, 10, [frame(65_535, 65_535)])),
    hostile('gif-no-end.gif', gif(10, 10, many(5, frame(10, 10)), Buffer.alloc(0))),
    hostile('gif-0x0.gif', gif(0, 0, [frame(0, 0)])),
    hostile('gif-no-frames.gif', gif(10, 10, []), 'IMAGE_CORRUPT'),
    hostile('gif-code-size-255.gif', gif(10, 10, [frame(10, 10, 0, 0, Buffer.from([255, 2, 0x44, 1, 0]))])),
    hostile(
      'gif-noise-as-codes.gif',
      gif(500, 500, [
        frame(
          500,
          500,
          0,
          0,
          Buffer.concat([Buffer.from([8]), ...many(400, Buffer.alloc(256, 0xff)), Buffer.alloc(1)]),
        ),
      ]),
    ),
    hostile(
      'gif-comment-bomb.gif',
      gif(1, 1, [
        Buffer.concat([
          Buffer.from([0x21, 0xfe]),
          ...many(8000, Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 65)])),
          Buffer.from([0]),
        ]),
        frame(1, 1),
      ]),
      'processed',
    ),
    hostile('webp-canvas-16384.webp', webp(canvas(0, 16_384, 16_384), ['VP8L', lossless(1, 1)])),
    hostile(
      'webp-canvas-16777216.webp',
      webp(canvas(ANIMATED, 16_777_216, 16_777_216), animation, webpFrame),
    ),
    hostile(
      'webp-lossless-16384.webp',
      webp(['VP8L', lossless(16_384, 16_384)]),
      'IMAGE_TOO_MANY_PIXELS',
      'IMAGE_CORRUPT',
    ),
    hostile(
      'webp-lossless-flat.webp',
      await flat.clone().webp({ lossless: true, effort: 0 }).toBuffer(),
      'IMAGE_RATIO_TOO_HIGH',
    ),
    hostile(
      'webp-lossless-7000-noise.webp',
      webp(['VP8L', lossless(7000, 7000, Buffer.alloc(60_000, 0x5a))]),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'webp-5000-frames.webp',
      webp(canvas(ANIMATED, 1, 1), animation, ...Array.from({ length: 5000 }, () => webpFrame)),
      'IMAGE_TOO_MANY_FRAMES',
    ),
    hostile(
      'webp-100-frames-of-700.webp',
      webp(canvas(ANIMATED, 700, 700), animation, ...Array.from({ length: 100 }, () => webpFrame)),
    ),
    hostile('webp-no-frames.webp', webp(canvas(ANIMATED, 10, 10), animation), 'IMAGE_CORRUPT'),
    hostile('webp-empty.webp', webp(), 'IMAGE_CORRUPT'),
    hostile(
      'webp-chunk-of-4-gib.webp',
      Buffer.concat([
        Buffer.from('RIFF'),
        u32(0xffffffff),
        Buffer.from('WEBPVP8L'),
        u32(0xffffffff),
        Buffer.alloc(100),
      ]),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'webp-metadata-bomb.webp',
      webp(
        canvas(0x2c, 1, 1),
        ['ICCP', Buffer.alloc(4_000_000, 7)],
        ['VP8L', pixel.subarray(8)],
        ['EXIF', Buffer.alloc(4_000_000, 'II*\0')],
        ['XMP ', Buffer.alloc(4_000_000, '<')],
      ),
    ),
  ];
}
