import sharp from 'sharp';
import { noisy } from './bases.ts';
import { type Hostile, hostile } from './hostile.ts';
import { scanBomb } from './scans.ts';

const SOI = Buffer.from([0xff, 0xd8]);
const SOF0 = 0xc0;
const SOF2 = 0xc2;
const SOS = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;
const COMMENT = 0xfe;

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** The file with segments put behind its first marker. */
const withSegments = (file: Buffer, ...segments: Buffer[]) =>
  Buffer.concat([SOI, ...segments, file.subarray(2)]);

/** Where the frame header begins, whatever the coding. */
function frameAt(file: Buffer): number {
  for (let at = 2; at + 4 < file.length; ) {
    const marker = file[at + 1] ?? 0;
    if (marker === SOF0 || marker === SOF2) return at;
    at += 2 + file.readUInt16BE(at + 2);
  }
  throw new Error('the file has no frame header');
}

function patched(file: Buffer, change: (copy: Buffer, frame: number) => void): Buffer {
  const copy = Buffer.from(file);
  change(copy, frameAt(file));
  return copy;
}

const sized = (file: Buffer, width: number, height: number) =>
  patched(file, (copy, frame) => {
    copy.writeUInt16BE(height, frame + 5);
    copy.writeUInt16BE(width, frame + 7);
  });

/** The last scan of a progressive file again and again: each costs the decoder a pass over all coefficients. */
function withScans(file: Buffer, times: number): Buffer {
  const last = file.lastIndexOf(Buffer.from([0xff, SOS]));
  const scan = file.subarray(last, file.length - 2);
  return Buffer.concat([
    file.subarray(0, last),
    ...Array.from({ length: times }, () => scan),
    file.subarray(-2),
  ]);
}

/** Little-endian EXIF: a header, then whatever lies at offset 8. */
const exif = (body: Buffer) =>
  segment(APP1, Buffer.concat([Buffer.from('Exif\0\0II*\0\x08\0\0\0', 'latin1'), body]));

function exifDirectory(
  entries: readonly (readonly [number, number, number, number])[],
  next: number,
): Buffer {
  const bytes = Buffer.alloc(2 + 12 * entries.length + 4);
  bytes.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, type, count, value], i) => {
    bytes.writeUInt16LE(tag, 2 + 12 * i);
    bytes.writeUInt16LE(type, 4 + 12 * i);
    bytes.writeUInt32LE(count, 6 + 12 * i);
    bytes.writeUInt32LE(value, 10 + 12 * i);
  });
  bytes.writeUInt32LE(next, bytes.length - 4);
  return bytes;
}

/** A profile in as many parts as it takes, of as many as are said. */
function profile(data: Buffer, said?: number): Buffer[] {
  const size = 65_000;
  const count = Math.ceil(data.length / size);
  return Array.from({ length: count }, (_, i) =>
    segment(
      APP2,
      Buffer.concat([
        Buffer.from('ICC_PROFILE\0', 'latin1'),
        Buffer.from([i + 1, said ?? count]),
        data.subarray(i * size, (i + 1) * size),
      ]),
    ),
  );
}

/** The header of a profile of `size` bytes for RGB displays, with `tags` of them. */
function profileHeader(size: number, tags: number): Buffer {
  const bytes = Buffer.alloc(Math.max(132, Math.min(size, 8_000_000)));
  bytes.writeUInt32BE(size, 0);
  bytes.write('lcms\x02\x10\0\0mntrRGB XYZ ', 4, 'latin1');
  bytes.write('acsp', 36, 'latin1');
  bytes.writeUInt32BE(tags, 128);
  return bytes;
}

/** Sizes, scans, EXIF and profiles that lie. */
export async function hostileJpegs(seed: number): Promise<Hostile[]> {
  const good = await noisy(seed).jpeg().toBuffer();
  const progressive = await noisy(seed, 400, 300).jpeg({ progressive: true }).toBuffer();
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#888' } });
  const [noFrames, huge] = [exifDirectory([], 8), 0xffff_fff0];
  const allRows = [0x100, 0x101, 0x10e, 0x112, 0x11a, 0x8769, 0x8825];
  return [
    hostile('jpeg-65535x65535.jpg', sized(good, 65_535, 65_535), 'IMAGE_CORRUPT'),
    hostile('jpeg-65500x65500.jpg', sized(good, 65_500, 65_500), 'IMAGE_TOO_MANY_PIXELS'),
    hostile('jpeg-65535x700.jpg', sized(good, 65_535, 700), 'IMAGE_CORRUPT', 'IMAGE_RATIO_TOO_HIGH'),
    hostile('jpeg-65500x1.jpg', await flat(65_500, 1).jpeg().toBuffer(), 'processed'),
    hostile('jpeg-1x65500.jpg', await flat(1, 65_500).jpeg().toBuffer(), 'processed'),
    hostile('jpeg-height-0.jpg', sized(good, 120, 0), 'IMAGE_CORRUPT'),
    hostile('jpeg-width-0.jpg', sized(good, 0, 80), 'IMAGE_CORRUPT'),
    hostile('jpeg-taller-than-its-data.jpg', sized(good, 120, 4000)),
    hostile('jpeg-progressive-7000.jpg', sized(progressive, 7000, 7000)),
    hostile('jpeg-2646-scans-of-49-megapixels.jpg', scanBomb(7000, 7000, 14), 'IMAGE_TOO_MANY_SCANS'),
    hostile('jpeg-189-scans.jpg', scanBomb(64, 64, 1), 'IMAGE_TOO_MANY_SCANS'),
    hostile('jpeg-80-scans-again.jpg', withScans(progressive, 80), 'IMAGE_CORRUPT'),
    hostile(
      'jpeg-3000-scans-of-12-megapixels.jpg',
      withScans(await flat(4000, 3000).jpeg({ progressive: true }).toBuffer(), 3000),
    ),
    hostile(
      'jpeg-300000-scans-of-1-pixel.jpg',
      withScans(await flat(1, 1).jpeg({ progressive: true }).toBuffer(), 300_000),
    ),
    hostile('jpeg-cmyk.jpg', await noisy(seed).toColourspace('cmyk').jpeg().toBuffer(), 'processed'),
    hostile('jpeg-grey.jpg', await noisy(seed).grayscale().jpeg().toBuffer(), 'processed'),
    hostile(
      'jpeg-12-bit.jpg',
      patched(good, (copy, frame) => copy.writeUInt8(12, frame + 4)),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'jpeg-0-components.jpg',
      patched(good, (copy, frame) => copy.writeUInt8(0, frame + 9)),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'jpeg-255-components.jpg',
      patched(good, (copy, frame) => copy.writeUInt8(255, frame + 9)),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'jpeg-sampling-15.jpg',
      patched(good, (copy, frame) => copy.writeUInt8(0xff, frame + 11)),
      'IMAGE_CORRUPT',
    ),
    ...[0xc1, 0xc3, 0xc5, 0xc7, 0xc9, 0xca, 0xcb, 0xcf].map((marker) =>
      hostile(
        `jpeg-coding-${marker.toString(16)}.jpg`,
        patched(good, (copy, frame) => copy.writeUInt8(marker, frame + 1)),
      ),
    ),
    hostile(
      'jpeg-20000-comments.jpg',
      withSegments(good, ...Array.from({ length: 20_000 }, () => segment(COMMENT, Buffer.alloc(20)))),
      'processed',
    ),
    hostile('jpeg-comment-of-0.jpg', withSegments(good, Buffer.from([0xff, COMMENT, 0, 0]))),
    hostile('jpeg-fill-bytes.jpg', withSegments(good, Buffer.alloc(2_000_000, 0xff))),
    hostile('exif-loop.jpg', withSegments(good, exif(noFrames)), 'processed'),
    hostile(
      'exif-gps-loop.jpg',
      withSegments(
        good,
        exif(
          exifDirectory(
            [
              [0x8825, 4, 1, 8],
              [0x8769, 4, 1, 8],
            ],
            8,
          ),
        ),
      ),
      'processed',
    ),
    hostile(
      'exif-huge-counts.jpg',
      withSegments(
        good,
        exif(
          exifDirectory(
            allRows.map((tag) => [tag, 2, huge, huge] as const),
            huge,
          ),
        ),
      ),
      'processed',
    ),
    hostile('exif-65535-rows.jpg', withSegments(good, exif(Buffer.alloc(60_000, 0xff))), 'processed'),
    hostile(
      'exif-orientation-99.jpg',
      withSegments(good, exif(exifDirectory([[0x112, 3, 1, 99]], 0))),
      'processed',
    ),
    hostile(
      'exif-orientation-list.jpg',
      withSegments(good, exif(exifDirectory([[0x112, 3, 60_000, 8]], 0))),
      'processed',
    ),
    hostile('exif-cut.jpg', withSegments(good, segment(APP1, Buffer.from('Exif\0\0II*'))), 'processed'),
    hostile(
      'exif-500-times.jpg',
      withSegments(good, ...Array.from({ length: 500 }, () => exif(Buffer.alloc(6000, 0x41)))),
      'processed',
    ),
    hostile(
      'xmp-bomb.jpg',
      withSegments(
        good,
        segment(
          APP1,
          Buffer.from(
            `http://ns.adobe.com/xap/1.0/\0<?xml version="1.0"?>${'<x:a>'.repeat(12_000)}`,
            'latin1',
          ),
        ),
      ),
      'processed',
    ),
    hostile('icc-8-megabytes.jpg', withSegments(good, ...profile(profileHeader(8_000_000, 1)))),
    hostile('icc-a-billion-tags.jpg', withSegments(good, ...profile(profileHeader(200, 1_000_000_000)))),
    hostile('icc-says-4-gib.jpg', withSegments(good, ...profile(profileHeader(4_294_967_280, 3)))),
    hostile('icc-parts-missing.jpg', withSegments(good, ...profile(profileHeader(100_000, 3), 255))),
    hostile('icc-noise.jpg', withSegments(good, ...profile(Buffer.alloc(3000, 0x9d)))),
  ];
}
