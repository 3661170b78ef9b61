import sharp, { type Sharp } from 'sharp';
import type { ImageFormat } from '../../src/processors/types.ts';
import { flatPng } from './flat-png.ts';
import { makePhotograph } from './photograph.ts';
import { type Motif, scene } from './scene.ts';

/** How one sample is made and what must become of it. */
export interface Recipe {
  /** File name; unique. */
  readonly name: string;
  readonly customer: string;
  readonly type: ImageFormat;
  readonly way: 'upload' | 'stream' | 'reference';
  /** The code it is rejected with; absent: it is processed. */
  readonly code?: string;
  readonly make: () => Promise<Buffer>;
}

const ways = ['stream', 'upload', 'reference'] as const;
/** Zurich, roughly. */
const GPS = {
  IFD3: {
    GPSLatitudeRef: 'N',
    GPSLatitude: '47/1 22/1 0/1',
    GPSLongitudeRef: 'E',
    GPSLongitude: '8/1 33/1 0/1',
  },
};

type Encode = (picture: Sharp) => Sharp;

function picture(motif: Motif, seed: number, width: number, height: number, encode: Encode) {
  return async () => encode(await scene(motif, seed, width, height)).toBuffer();
}

/** Stored lying on its side or mirrored, as cameras do, with the EXIF orientation that puts it upright. */
function turned(motif: Motif, seed: number, orientation: number) {
  return async () => {
    const upright = await (await scene(motif, seed, 1200, 800)).png({ compressionLevel: 1 }).toBuffer();
    const angle = [0, 0, 0, 180, 180, 90, 270, 270, 90][orientation] ?? 0;
    const rotated = sharp(await sharp(upright).rotate(angle).png({ compressionLevel: 1 }).toBuffer());
    const mirrored = [2, 4, 5, 7].includes(orientation) ? rotated.flop() : rotated;
    return mirrored.withExif(GPS).withMetadata({ orientation }).jpeg({ quality: 85 }).toBuffer();
  };
}

/** A badge with a see-through edge. */
async function badge(seed: number, size: number): Promise<Sharp> {
  const mask = Buffer.from(
    `<svg width="${size}" height="${size}"><circle cx="50%" cy="50%" r="46%" fill="#fff" fill-opacity="0.9"/></svg>`,
  );
  const drawn = await (await scene('shapes', seed, size, size)).png({ compressionLevel: 1 }).toBuffer();
  return sharp(drawn)
    .ensureAlpha()
    .composite([{ input: mask, blend: 'dest-in' }]);
}

/** A few frames of shapes that follow each other. */
async function animation(seed: number, frames: number, width: number, height: number): Promise<Sharp> {
  const pictures = Array.from({ length: frames }, async (_, frame) =>
    (await scene('shapes', seed + frame, width, height, 0)).png({ compressionLevel: 1 }).toBuffer(),
  );
  return sharp(await Promise.all(pictures), { join: { animated: true } });
}

const delay = (frames: number): number[] => Array.from({ length: frames }, () => 240);
const text = (value: string) => async () => Buffer.from(value);
const jpeg: Encode = (image) => image.jpeg({ quality: 85 });

const acme: readonly Omit<Recipe, 'customer' | 'way'>[] = [
  ...[1, 2, 3, 4].map((n) => ({
    name: `mountains-${n}.jpg`,
    type: 'jpeg' as const,
    make: picture('mountains', n, 1600 + n * 100, 1200, jpeg),
  })),
  { name: 'panorama.jpg', type: 'jpeg', make: picture('mountains', 11, 2400, 600, jpeg) },
  { name: 'twelve-megapixels.jpg', type: 'jpeg', make: () => makePhotograph(0, 4000, 3000) },
  {
    name: 'progressive.jpg',
    type: 'jpeg',
    make: picture('mountains', 12, 1500, 1000, (image) => image.jpeg({ quality: 85, progressive: true })),
  },
  {
    name: 'with-location.jpg',
    type: 'jpeg',
    make: picture('mountains', 13, 1400, 1050, (image) => image.withExif(GPS).jpeg({ quality: 85 })),
  },
  { name: 'cut-off.jpg', type: 'jpeg', code: 'IMAGE_CORRUPT', make: cutOff },
  { name: 'scan.tiff', type: 'tiff', make: picture('mountains', 14, 800, 600, (image) => image.tiff()) },
  { name: 'logo.png', type: 'png', make: async () => (await badge(15, 400)).png().toBuffer() },
];

async function cutOff(): Promise<Buffer> {
  const whole = await makePhotograph(1, 1600, 1200);
  return whole.subarray(0, Math.floor(whole.length * 0.6));
}

const birch: typeof acme = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => ({
    name: `orientation-${orientation}.jpg`,
    type: 'jpeg' as const,
    make: turned('city', 20 + orientation, orientation),
  })),
  {
    name: 'night.webp',
    type: 'webp',
    make: picture('city', 31, 1600, 900, (image) => image.webp({ effort: 1 })),
  },
  {
    name: 'drawing.svg',
    type: 'svg',
    code: 'FORMAT_NOT_ALLOWED',
    make: text(
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30"/></svg>\n',
    ),
  },
  {
    name: 'poster.png',
    type: 'png',
    code: 'IMAGE_TOO_MANY_PIXELS',
    make: async () => flatPng(12_000, 9_000),
  },
];

const cobalt: typeof acme = [
  ...[1, 2, 3, 4].map((n) => ({
    name: `sea-${n}.jpg`,
    type: 'jpeg' as const,
    make: picture('sea', 40 + n, 1280, 900 + n * 60, jpeg),
  })),
  { name: 'portrait.jpg', type: 'jpeg', make: picture('sea', 45, 900, 1600, jpeg) },
  {
    name: 'harbour.avif',
    type: 'avif',
    make: picture('sea', 46, 640, 480, (image) => image.avif({ effort: 0 })),
  },
  {
    name: 'sails.webp',
    type: 'webp',
    make: picture('sea', 47, 1200, 800, (image) => image.webp({ effort: 1 })),
  },
  {
    name: 'sixteen-bit.png',
    type: 'png',
    make: picture('sea', 48, 500, 360, (image) => image.toColourspace('rgb16').png({ compressionLevel: 2 })),
  },
  {
    name: 'waves.gif',
    type: 'gif',
    make: async () => (await animation(49, 6, 320, 240)).gif({ delay: delay(6), effort: 1 }).toBuffer(),
  },
  {
    name: 'notes.jpg',
    type: 'unknown',
    code: 'FORMAT_UNKNOWN',
    make: text('Not a picture, whatever its name says.\n'),
  },
  { name: 'nothing.jpg', type: 'unknown', code: 'IMAGE_EMPTY', make: async () => Buffer.alloc(0) },
];

const dune: typeof acme = [
  ...[1, 2, 3, 4].map((n) => ({
    name: `shapes-${n}.jpg`,
    type: 'jpeg' as const,
    make: picture('shapes', 60 + n, 1000 + n * 150, 1000, jpeg),
  })),
  {
    name: 'badge.webp',
    type: 'webp',
    make: async () => (await badge(65, 500)).webp({ effort: 1 }).toBuffer(),
  },
  {
    name: 'turning.webp',
    type: 'webp',
    make: async () => (await animation(66, 5, 300, 300)).webp({ delay: delay(5), effort: 0 }).toBuffer(),
  },
  {
    name: 'palette.png',
    type: 'png',
    make: picture('shapes', 67, 640, 640, (image) => image.png({ palette: true, colours: 64, effort: 1 })),
  },
  {
    name: 'grey.jpg',
    type: 'jpeg',
    make: picture('shapes', 68, 1100, 800, (image) => jpeg(image.greyscale())),
  },
  {
    name: 'tile.avif',
    type: 'avif',
    make: picture('shapes', 69, 480, 480, (image) => image.avif({ effort: 0 })),
  },
  { name: 'dot.png', type: 'png', make: async () => flatPng(1, 1) },
  {
    name: 'sheet.tiff',
    type: 'tiff',
    make: picture('shapes', 70, 700, 500, (image) => image.tiff({ compression: 'lzw' })),
  },
];

/** All samples, in the order in which they are sent; each customer's go all ways in turn. */
export const RECIPES: readonly Recipe[] = Object.entries({ acme, birch, cobalt, dune }).flatMap(
  ([customer, recipes]) =>
    recipes.map((recipe, index) => ({
      ...recipe,
      customer,
      // A record of no bytes is a tombstone to Kafka; large ones do not fit a record.
      way:
        recipe.code === 'IMAGE_EMPTY' || recipe.name.startsWith('twelve')
          ? 'upload'
          : (ways[index % 3] ?? 'stream'),
    })),
);
