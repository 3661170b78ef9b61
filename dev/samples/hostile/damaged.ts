import { type Random, seeded } from '../random.ts';
import type { Base } from './bases.ts';
import { type Hostile, hostile } from './hostile.ts';

/** Parts of a file at whose beginnings it is cut, besides its first bytes and its last. */
const REGIONS = 12;
const FLIPS = [1, 1, 2, 4, 8, 16, 64, 256] as const;
const BLOCKS = 3;
const BLOCK_BYTES = 64;

/** Each base cut in every region, with bits flipped, with blocks overwritten, and under another's name. */
export function damaged(bases: readonly Base[], seed: number): Hostile[] {
  const random = seeded(seed);
  return bases.flatMap((base, i) => [
    ...truncated(base),
    ...FLIPS.map((flips, n) =>
      hostile(`flip-${n}-${base.name}.${base.extension}`, flipped(base.bytes, flips, random)),
    ),
    ...Array.from({ length: BLOCKS }, (_, n) =>
      hostile(`block-${n}-${base.name}.${base.extension}`, overwritten(base.bytes, random)),
    ),
    hostile(
      `wrong-${base.name}.${bases[(i + 4) % bases.length]?.extension ?? 'bin'}`,
      base.bytes,
      'processed',
    ),
    hostile(
      `tail-${base.name}.${base.extension}`,
      Buffer.concat([base.bytes, Buffer.alloc(4096, 0x41)]),
      'processed',
    ),
    hostile(`head-${base.name}.${base.extension}`, Buffer.concat([Buffer.from([0x0a]), base.bytes])),
  ]);
}

function truncated({ name, extension, bytes }: Base): Hostile[] {
  const cuts = new Set([1, 4, 12, 30, bytes.length - 1]);
  for (let i = 1; i < REGIONS; i++) cuts.add(Math.floor((bytes.length * i) / REGIONS));
  return [...cuts].map((at) => hostile(`cut-${at}-${name}.${extension}`, bytes.subarray(0, at)));
}

function flipped(bytes: Buffer, flips: number, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < flips; i++) {
    const at = random.whole(0, copy.length - 1);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.whole(0, 7));
  }
  return copy;
}

function overwritten(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.whole(8, Math.max(8, copy.length - BLOCK_BYTES));
  for (let i = at; i < Math.min(copy.length, at + BLOCK_BYTES); i++) copy[i] = random.whole(0, 255);
  return copy;
}

const MAGIC: readonly (readonly [name: string, magic: Buffer])[] = [
  ['jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
  ['png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['gif', Buffer.from('GIF89a')],
  ['webp', Buffer.from('RIFF\xff\xff\0\0WEBPVP8 ', 'latin1')],
  ['tiff', Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0])],
  ['big.tiff', Buffer.from([0x4d, 0x4d, 0, 0x2b, 0, 8, 0, 0])],
  ['avif', Buffer.from('\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf', 'latin1')],
  ['heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
  ['jxl', Buffer.from([0xff, 0x0a])],
  ['svg', Buffer.from('<svg ')],
];

/** Noise behind every beginning that is known, short and long. */
export function noiseBehindMagic(seed: number): Hostile[] {
  const random = seeded(seed);
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random.whole(0, 255)));
  return MAGIC.flatMap(([name, magic]) =>
    [0, 200, 20_000].map((length) =>
      hostile(`noise-${length}.${name}`, Buffer.concat([magic, noise(length)])),
    ),
  );
}
