import { deflateSync } from 'node:zlib';
import { type Hostile, hostile } from './hostile.ts';

const SHORT = 3;
const LONG = 4;
type Entry = readonly [tag: number, type: number, count: number, value: number];
const [WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIP_OFFSETS, SAMPLES, ROWS, STRIP_BYTES] = [
  256, 257, 258, 259, 262, 273, 277, 278, 279,
];
const [TILE_WIDTH, TILE_LENGTH, SUB_IFDS, EXIF_IFD] = [322, 323, 330, 34_665];
const FIRST = 8;

/** A directory at `at`, whose next is `next` (0: none). */
function directory(entries: readonly Entry[], next: number): Buffer {
  const sorted = [...entries].sort(([a], [b]) => a - b);
  const bytes = Buffer.alloc(2 + 12 * sorted.length + 4);
  bytes.writeUInt16LE(sorted.length, 0);
  sorted.forEach(([tag, type, count, value], i) => {
    const at = 2 + 12 * i;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    if (type === SHORT && count === 1) bytes.writeUInt16LE(value, at + 8);
    else bytes.writeUInt32LE(value, at + 8);
  });
  bytes.writeUInt32LE(next, bytes.length - 4);
  return bytes;
}

const tiff = (...parts: Buffer[]) =>
  Buffer.concat([Buffer.from([0x49, 0x49, 0x2a, 0, FIRST, 0, 0, 0]), ...parts]);

/** A grey picture in one strip whose data follow the directory; `change` replaces or adds entries. */
function grey(width: number, height: number, data: Buffer, change: readonly Entry[] = [], next = 0): Buffer {
  const entries = new Map<number, Entry>();
  const own: readonly Entry[] = [
    [WIDTH, LONG, 1, width],
    [HEIGHT, LONG, 1, height],
    [BITS, SHORT, 1, 8],
    [COMPRESSION, SHORT, 1, 1],
    [PHOTOMETRIC, SHORT, 1, 1],
    [SAMPLES, SHORT, 1, 1],
    [ROWS, LONG, 1, height],
    [STRIP_BYTES, LONG, 1, data.length],
  ];
  for (const entry of [...own, ...change]) entries.set(entry[0], entry);
  if (!entries.has(STRIP_OFFSETS)) entries.set(STRIP_OFFSETS, [STRIP_OFFSETS, LONG, 1, 0]);
  const offset = FIRST + 2 + 12 * entries.size + 4;
  const [, , count = 1, given = 0] = entries.get(STRIP_OFFSETS) ?? [];
  entries.set(STRIP_OFFSETS, [STRIP_OFFSETS, LONG, count, given === 0 ? offset : given]);
  return tiff(directory([...entries.values()], next), data);
}

/** Many pages that share one strip of one pixel. */
function manyPages(count: number): Buffer {
  const size = 2 + 12 * 8 + 4;
  const data = FIRST + count * size;
  const pages = Array.from({ length: count }, (_, page) =>
    directory(
      [
        [WIDTH, SHORT, 1, 1],
        [HEIGHT, SHORT, 1, 1],
        [BITS, SHORT, 1, 8],
        [COMPRESSION, SHORT, 1, 1],
        [PHOTOMETRIC, SHORT, 1, 1],
        [STRIP_OFFSETS, LONG, 1, data],
        [ROWS, SHORT, 1, 1],
        [STRIP_BYTES, LONG, 1, 1],
      ],
      page + 1 < count ? FIRST + (page + 1) * size : 0,
    ),
  );
  return tiff(...pages, Buffer.from([128]));
}

const pixels = (side: number) => Buffer.alloc(side * side, 100);
const HUGE = 0xffff_fff0;

/** Directories that loop, counts that lie, strips and tiles that are larger than the file or the machine. */
export function hostileTiffs(): Hostile[] {
  const flat = deflateSync(Buffer.alloc(7000 * 7000));
  const deflate: Entry = [COMPRESSION, SHORT, 1, 8];
  return [
    hostile('tiff-good.tiff', grey(20, 20, pixels(20)), 'processed'),
    hostile('tiff-directory-loop.tiff', grey(20, 20, pixels(20), [], FIRST)),
    hostile('tiff-5000-pages.tiff', manyPages(5000), 'IMAGE_TOO_MANY_FRAMES', 'IMAGE_CORRUPT'),
    hostile('tiff-50-pages.tiff', manyPages(50), 'processed'),
    hostile(
      'tiff-50000x50000.tiff',
      grey(50_000, 50_000, pixels(20)),
      'IMAGE_TOO_MANY_PIXELS',
      'IMAGE_CORRUPT',
    ),
    hostile(
      'tiff-2-gigapixels-wide.tiff',
      grey(2_000_000_000, 1, pixels(20)),
      'IMAGE_SIDE_TOO_LONG',
      'IMAGE_CORRUPT',
    ),
    hostile('tiff-one-strip-bomb.tiff', grey(7000, 7000, flat, [deflate])),
    hostile(
      'tiff-strip-outside.tiff',
      grey(20, 20, pixels(20), [[STRIP_OFFSETS, LONG, 1, HUGE]]),
      'IMAGE_CORRUPT',
    ),
    hostile('tiff-strip-of-4-gib.tiff', grey(20, 20, pixels(20), [[STRIP_BYTES, LONG, 1, HUGE]])),
    hostile(
      'tiff-a-billion-strips.tiff',
      grey(20, 20, pixels(20), [
        [STRIP_OFFSETS, LONG, 1_000_000_000, 8],
        [STRIP_BYTES, LONG, 1_000_000_000, 8],
      ]),
    ),
    hostile('tiff-no-rows.tiff', grey(20, 20, pixels(20), [[ROWS, LONG, 1, 0]])),
    hostile('tiff-endless-rows.tiff', grey(20, 20, pixels(20), [[ROWS, LONG, 1, 0xffff_ffff]])),
    hostile('tiff-65535-samples.tiff', grey(20, 20, pixels(20), [[SAMPLES, SHORT, 1, 65_535]])),
    hostile('tiff-no-samples.tiff', grey(20, 20, pixels(20), [[SAMPLES, SHORT, 1, 0]])),
    hostile('tiff-no-bits.tiff', grey(20, 20, pixels(20), [[BITS, SHORT, 1, 0]])),
    hostile('tiff-64-bits.tiff', grey(4, 4, pixels(20), [[BITS, SHORT, 1, 64]])),
    hostile(
      'tiff-tile-of-4-gigapixels.tiff',
      grey(20, 20, pixels(20), [
        [TILE_WIDTH, LONG, 1, 65_536],
        [TILE_LENGTH, LONG, 1, 65_536],
        [324, LONG, 1, 8],
        [325, LONG, 1, 400],
      ]),
    ),
    hostile(
      'tiff-tile-of-0.tiff',
      grey(20, 20, pixels(20), [
        [TILE_WIDTH, LONG, 1, 0],
        [TILE_LENGTH, LONG, 1, 0],
      ]),
    ),
    hostile('tiff-sub-directory-loop.tiff', grey(20, 20, pixels(20), [[SUB_IFDS, LONG, 1, FIRST]])),
    hostile('tiff-exif-loop.tiff', grey(20, 20, pixels(20), [[EXIF_IFD, LONG, 1, FIRST]])),
    hostile('tiff-text-of-4-gib.tiff', grey(20, 20, pixels(20), [[270, 2, HUGE, 8]])),
    hostile(
      'tiff-directory-outside.tiff',
      Buffer.from([0x49, 0x49, 0x2a, 0, 0xf0, 0xff, 0xff, 0xff]),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'tiff-directory-of-65535.tiff',
      tiff(Buffer.from([0xff, 0xff]), Buffer.alloc(64)),
      'IMAGE_CORRUPT',
    ),
    hostile('tiff-empty-directory.tiff', tiff(Buffer.alloc(6)), 'IMAGE_CORRUPT'),
    ...[2, 3, 4, 5, 6, 7, 32_773, 32_946, 34_661, 34_712, 34_925, 50_000, 50_001, 65_000].map((compression) =>
      hostile(
        `tiff-compression-${compression}.tiff`,
        grey(20, 20, pixels(20), [[COMPRESSION, SHORT, 1, compression]]),
      ),
    ),
  ];
}
