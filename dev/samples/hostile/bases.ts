import sharp, { type Sharp } from 'sharp';
import { seeded } from '../random.ts';

/** A good file of each kind of decoder, small, so that harm done to it is quick to try. */
export interface Base {
  readonly name: string;
  readonly extension: string;
  readonly bytes: Buffer;
}

const WIDTH = 120;
const HEIGHT = 80;

/** A gradient with noise: every byte of the files matters, and edges are there to be coded. */
export function noisy(seed: number, width = WIDTH, height = HEIGHT): Sharp {
  const random = seeded(seed);
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < data.length; at++)
    data[at] = ((at * 255) / data.length + random.between(0, 40)) & 255;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function moving(seed: number): Promise<Sharp> {
  const frames = [0, 1, 2, 3].map((frame) =>
    noisy(seed + frame, 48, 32)
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } });
}

const EXIF = {
  IFD0: { Copyright: 'nobody', Make: 'Nothing' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '47/1 22/1 0/1' },
};

/** Makes one of each; the same bytes each time with one version of sharp. */
export async function makeBases(seed: number): Promise<Base[]> {
  const still = () => noisy(seed);
  const makers: readonly (readonly [name: string, extension: string, image: Sharp])[] = [
    ['jpeg', 'jpg', still().jpeg()],
    ['jpeg-progressive', 'jpg', still().withExif(EXIF).withIccProfile('p3').jpeg({ progressive: true })],
    ['png', 'png', still().png()],
    ['png-interlaced', 'png', still().withIccProfile('p3').png({ progressive: true })],
    ['png-palette', 'png', still().png({ palette: true })],
    ['webp', 'webp', still().withExif(EXIF).webp({ effort: 0 })],
    ['webp-lossless', 'webp', still().webp({ lossless: true, effort: 0 })],
    ['webp-animated', 'webp', (await moving(seed)).webp({ effort: 0 })],
    ['gif-animated', 'gif', (await moving(seed)).gif({ effort: 1 })],
    ['avif', 'avif', still().avif({ effort: 0 })],
    ['tiff-lzw', 'tiff', still().tiff({ compression: 'lzw' })],
    [
      'tiff-tiled',
      'tiff',
      still().tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 32 }),
    ],
  ];
  return Promise.all(
    makers.map(async ([name, extension, image]) => ({ name, extension, bytes: await image.toBuffer() })),
  );
}
