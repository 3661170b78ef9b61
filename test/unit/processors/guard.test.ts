import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatPng } from '../../../dev/samples/flat-png.ts';
import { develop } from '../../../src/processors/develop.ts';
import { DECODABLE_FORMATS } from '../../../src/processors/guard/decodable.ts';
import { DEFAULT_LIMITS, type Limits, narrowed } from '../../../src/processors/guard/guard.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#fff' } });
const end = async (bytes: Buffer, limits: Partial<Limits> = {}) => {
  const result = await develop(bytes, {
    limits: { ...DEFAULT_LIMITS, ...limits },
    pipeline: STANDARD_PIPELINE,
  });
  return result.outcome === 'processed' ? 'processed' : result.code;
};

describe('the limits of an owner', () => {
  it.each(['maxBytes', 'maxPixels', 'maxFrames', 'maxSidePx', 'maxRatio', 'maxDecoderBytes'] as const)(
    'narrow %s and never widen it',
    (name) => {
      expect(narrowed(DEFAULT_LIMITS, { [name]: 7 })).toEqual({ ...DEFAULT_LIMITS, [name]: 7 });
      expect(narrowed(DEFAULT_LIMITS, { [name]: DEFAULT_LIMITS[name] + 1 })).toEqual(DEFAULT_LIMITS);
    },
  );

  it('narrow the formats and never widen them', () => {
    expect(narrowed(DEFAULT_LIMITS, { formats: ['svg', 'png'] }).formats).toEqual(['png']);
    expect(narrowed(DEFAULT_LIMITS, {})).toEqual(DEFAULT_LIMITS);
  });
});

describe('the guard', () => {
  it('lets flat screenshots through in every format, and bombs of the same kinds not', async () => {
    for (const [width, height] of [
      [1280, 720],
      [3840, 2160],
    ] as const) {
      for (const format of ['png', 'jpeg', 'gif', 'webp'] as const) {
        expect(await end(await flat(width, height).toFormat(format, { lossless: true }).toBuffer())).toBe(
          'processed',
        );
      }
    }
    // The emptiest PNG there can be: one bit a pixel, nothing but white.
    expect(await end(flatPng(6000, 6000))).toBe('processed');
    expect(await end(await flat(6000, 6000).webp({ lossless: true }).toBuffer())).toBe(
      'IMAGE_RATIO_TOO_HIGH',
    );
  }, 30_000);

  it('refuses a side, a ratio and a memory that are one too much, and takes what just fits', async () => {
    const bytes = await flat(400, 300).png().toBuffer();
    expect(await end(bytes, { maxSidePx: 400 })).toBe('processed');
    expect(await end(bytes, { maxSidePx: 399 })).toBe('IMAGE_SIDE_TOO_LONG');
    const ratio = Math.round((400 * 300 * 3) / 4096);
    expect(await end(bytes, { maxRatio: ratio })).toBe('processed');
    expect(await end(bytes, { maxRatio: ratio - 1 })).toBe('IMAGE_RATIO_TOO_HIGH');
    const memory = 16 * 1024 * 1024 + 400 * 300 * 3;
    expect(await end(bytes, { maxDecoderBytes: memory })).toBe('processed');
    expect(await end(bytes, { maxDecoderBytes: memory - 1 })).toBe('IMAGE_DECODER_MEMORY');
  });

  it('counts a progressive JPEG at its real cost: the same picture is refused that passes as baseline', async () => {
    const picture = flat(2000, 2000);
    const limits = { maxDecoderBytes: 32 * 1024 * 1024 };
    expect(await end(await picture.clone().jpeg().toBuffer(), limits)).toBe('processed');
    expect(await end(await picture.clone().jpeg({ progressive: true }).toBuffer(), limits)).toBe(
      'IMAGE_DECODER_MEMORY',
    );
  });
});

describe('loaders that are not allowed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loaders-test-'));
  const files: { readonly format: string; readonly path: string }[] = [];
  const put = (format: string, name: string, bytes: Buffer | string) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    files.push({ format, path });
  };

  beforeAll(async () => {
    for (const format of DECODABLE_FORMATS) {
      const bytes =
        format === 'svg'
          ? Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
          : await flat(9, 9).toFormat(format).toBuffer();
      put(format, `true.${format}`, bytes);
      // The name of another one: a JPEG called .svg, an SVG called .jpeg.
      put(format, `false-${format}.${format === 'jpeg' ? 'svg' : 'jpeg'}`, bytes);
    }
    const rows = Array.from({ length: 9 }, () => '1,2,3').join('\n');
    put('csv', 'table.csv', rows);
    put('mat', 'matrix.mat', '3 1\n1 2 3\n');
    put('ppm', 'pixmap.ppm', `P3\n1 1\n255\n1 2 3\n`);
    put('ppm', 'pixmap.jpeg', `P3\n1 1\n255\n1 2 3\n`);
    put(
      'hdr',
      'radiance.hdr',
      Buffer.concat([Buffer.from('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n'), Buffer.alloc(4, 99)]),
    );
    await flat(9, 9).toFile(join(folder, 'own.v'));
    files.push({ format: 'v', path: join(folder, 'own.v') });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(DECODABLE_FORMATS)(
    'cannot be reached by any content or name where %s alone is allowed',
    async (allowed) => {
      const script = join(import.meta.dirname, 'plug-ins', 'loaders.ts');
      const child = fork(script, [allowed, ...files.map(({ path }) => path)], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
      });
      const readable = await new Promise((resolve) => child.once('message', resolve));
      const own = files.filter(({ format }) => format === allowed).flatMap(({ path }) => [path, path]);
      expect(readable).toEqual(own);
    },
    20_000,
  );
});
