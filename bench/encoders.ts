import sharp, { type Sharp } from 'sharp';
import { makePhotograph } from '../dev/samples/index.ts';
import type { Drawn, Source } from '../src/processors/drawn.ts';
import { encode } from '../src/processors/encode.ts';
import { RENDITION_DEFAULTS, type RenditionSpec } from '../src/processors/pipeline.ts';
import { printTable, rounded } from './figures.ts';

const WIDTH = 512;
const HEIGHT = 384;
const PICTURES = 6;

/** What the encoders' settings were chosen from: ADR 26. The chosen one of each format is the first. */
const SETTINGS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  'jpeg q80': (image) => image.jpeg({ quality: 80, optimiseCoding: false }),
  'jpeg q80 optimised': (image) => image.jpeg({ quality: 80 }),
  'jpeg q80 mozjpeg': (image) => image.jpeg({ quality: 80, mozjpeg: true }),
  'png level 3 filtered': (image) => image.png({ compressionLevel: 3, adaptiveFiltering: true }),
  'png level 6': (image) => image.png(),
  'png level 6 filtered': (image) => image.png({ adaptiveFiltering: true }),
  'png level 9 filtered': (image) => image.png({ compressionLevel: 9, adaptiveFiltering: true }),
  'png palette effort 1': (image) => image.png({ palette: true, effort: 1 }),
  'png palette effort 7': (image) => image.png({ palette: true }),
  'webp q80 effort 2': (image) => image.webp({ quality: 80, effort: 2 }),
  'webp q80 effort 0': (image) => image.webp({ quality: 80, effort: 0 }),
  'webp q80 effort 4': (image) => image.webp({ quality: 80 }),
  'avif q65 effort 1': (image) => avif(image, 1),
  'avif q65 effort 0': (image) => avif(image, 0),
  'avif q65 effort 2': (image) => avif(image, 2),
  'avif q65 effort 4': (image) => avif(image, 4),
  'gif effort 1': (image) => image.gif({ effort: 1 }),
  'gif effort 7': (image) => image.gif(),
};
const avif = (image: Sharp, effort: number) =>
  image.avif({ quality: 65, effort, chromaSubsampling: '4:2:0' });

const SOUGHT: Readonly<Record<string, Pick<RenditionSpec, 'format' | 'quality'>>> = {
  'jpeg, similarity 0.95': { format: 'jpeg', quality: { similarity: 0.95 } },
  'webp, similarity 0.95': { format: 'webp', quality: { similarity: 0.95 } },
  'avif, similarity 0.95': { format: 'avif', quality: { similarity: 0.95 } },
  'jpeg, 20000 bytes': { format: 'jpeg', quality: { maxBytes: 20_000 } },
  'best of q80': { format: 'best', quality: 80 },
};

/** CPU milliseconds and kilobytes a picture of 512 × 384 pixels, in one process that does nothing else. */
export async function benchEncoders(): Promise<object> {
  sharp.concurrency(1);
  sharp.cache(false);
  const pictures = await Promise.all(
    Array.from({ length: PICTURES }, async (_, seed) => {
      const photograph = await makePhotograph(seed, 2048, 1536);
      return sharp(photograph).resize(WIDTH, HEIGHT).raw().toBuffer();
    }),
  );
  const open = (data: Buffer) => sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const settings = await each(SETTINGS, pictures, (data, write) => write(open(data)).toBuffer());
  const source = await sourceOf(open(pictures[0] ?? Buffer.alloc(0)));
  const sought = await each(SOUGHT, pictures, async (data, wish) => {
    const drawn: Drawn = {
      image: () => open(data),
      width: WIDTH,
      height: HEIGHT,
      frames: 1,
      hasAlpha: false,
    };
    return (await encode(drawn, { ...RENDITION_DEFAULTS, name: 'bench', ...wish }, source)).body;
  });
  printTable('encoders', settings);
  printTable('encoders: quality and format that are sought', sought);
  return { settings, sought };
}

async function sourceOf(image: Sharp): Promise<Source> {
  const header = await sharp(await image.jpeg().toBuffer()).metadata();
  const facts = {
    format: 'jpeg',
    bytes: 1,
    width: WIDTH,
    height: HEIGHT,
    frames: 1,
    hasAlpha: false,
    sha256: '',
    megapixels: 1,
    colourSpace: 'srgb',
  };
  return { header, facts: { ...facts, format: 'jpeg' } };
}

async function each<T>(
  kinds: Readonly<Record<string, T>>,
  pictures: readonly Buffer[],
  work: (data: Buffer, kind: T) => Promise<Buffer>,
) {
  const rows: { what: string; 'CPU ms': number; kB: number }[] = [];
  for (const [what, kind] of Object.entries(kinds)) {
    const [first] = pictures;
    if (first) await work(first, kind);
    const before = process.cpuUsage();
    let bytes = 0;
    for (const data of pictures) bytes += (await work(data, kind)).length;
    const { user, system } = process.cpuUsage(before);
    rows.push({
      what,
      'CPU ms': rounded((user + system) / 1000 / pictures.length),
      kB: rounded(bytes / 1000 / pictures.length),
    });
  }
  return rows;
}
