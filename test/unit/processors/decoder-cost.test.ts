import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decoderBytes } from '../../../src/processors/guard/decoder-cost.ts';
import { DEFAULT_LIMITS, guardFormat } from '../../../src/processors/guard/guard.ts';
import { identify } from '../../../src/processors/guard/identify.ts';

const MIB = 1024 * 1024;
const [WIDTH, HEIGHT] = [3000, 2000];
const folder = mkdtempSync(join(tmpdir(), 'decoder-cost-'));
let pixels: Buffer;
beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const small = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#888', noise } })
    .png()
    .toBuffer();
  pixels = await sharp(small).resize(WIDTH, HEIGHT).raw().toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true }));

const picture = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

async function measured(bytes: Buffer): Promise<number> {
  const path = join(folder, 'image');
  writeFileSync(path, bytes);
  const child = fork(join(import.meta.dirname, 'plug-ins', 'decode.ts'), [path], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
  });
  const told = await new Promise<{ outcome: string; tookBytes: number }>((resolve, reject) => {
    child.once('message', (message: { outcome: string; tookBytes: number }) => resolve(message));
    child.once('error', reject);
  });
  if (told.outcome !== 'processed') throw new Error(`it ended as ${told.outcome}`);
  return told.tookBytes;
}

async function estimated(bytes: Buffer): Promise<number> {
  const header = await sharp(bytes).metadata();
  return decoderBytes(bytes, guardFormat(bytes, identify(bytes), DEFAULT_LIMITS), header);
}

// The memory of another process is read from /proc.
describe.runIf(process.platform === 'linux')('the estimate of decoder memory for 6 megapixels', () => {
  it.each<readonly [name: string, encode: (image: Sharp) => Sharp]>([
    ['a JPEG', (image) => image.jpeg()],
    ['a progressive JPEG 4:2:0', (image) => image.jpeg({ progressive: true })],
    ['a progressive JPEG 4:4:4', (image) => image.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['a progressive CMYK JPEG', (image) => image.toColourspace('cmyk').jpeg({ progressive: true })],
    ['a PNG', (image) => image.png({ compressionLevel: 1 })],
    ['an interlaced PNG', (image) => image.png({ compressionLevel: 1, progressive: true })],
    [
      'an interlaced PNG of 16 bits',
      (image) => image.toColourspace('rgb16').png({ compressionLevel: 1, progressive: true }),
    ],
    ['a WebP', (image) => image.webp({ effort: 0 })],
    ['a lossless WebP', (image) => image.webp({ lossless: true, effort: 0 })],
    ['a GIF', (image) => image.gif({ effort: 1, colours: 16, dither: 0 })],
    ['a TIFF in strips', (image) => image.tiff({ compression: 'lzw' })],
    ['a TIFF in tiles', (image) => image.tiff({ compression: 'lzw', tile: true })],
    ['an AVIF', (image) => image.avif({ effort: 0, chromaSubsampling: '4:4:4' })],
  ])(
    'of %s is what a process takes at most, and no more than 2.5 times that and 48 MiB',
    async (_name, encode) => {
      const bytes = await encode(picture()).toBuffer();
      const [took, guess] = [await measured(bytes), await estimated(bytes)];
      // Renditions are made at the same time: 3 MiB of pixels and their encoders.
      expect(took).toBeLessThan(guess + 12 * MIB);
      expect(guess).toBeLessThan(took * 2.5 + 48 * MIB);
    },
    60_000,
  );
});
