import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { develop } from '../../../src/processors/develop.ts';
import { fitInside } from '../../../src/processors/drawing/geometry.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/processors/guard/guard.ts';
import { identify } from '../../../src/processors/guard/identify.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { Developed } from '../../../src/processors/types.ts';

/** Left half red, right half blue: turned or mirrored pictures show. */
function halves(width: number, height: number) {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[(y * width + x) * 3 + (x < width / 2 ? 0 : 2)] = 255;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Pixels that do not compress, so that a cut in the file is a cut in the picture. */
function noise(width: number, height: number) {
  let state = 7;
  const data = Buffer.alloc(width * height * 3).map(() => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state >> 16;
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** One flat picture for each level of red. */
function flat(width: number, height: number, reds: readonly number[]): Promise<Buffer[]> {
  const picture = (r: number) =>
    sharp({ create: { width, height, channels: 3, background: { r, g: 20, b: 20 } } });
  return Promise.all(reds.map((r) => picture(r).png().toBuffer()));
}

async function developed(bytes: Buffer): Promise<Developed> {
  const result = await develop(bytes, { limits: DEFAULT_LIMITS, pipeline: STANDARD_PIPELINE });
  if (result.outcome !== 'processed') throw new Error(`${result.code}: ${result.reason}`);
  return result;
}

async function refusal(bytes: Buffer, limits: Partial<Limits> = {}) {
  const result = await develop(bytes, {
    limits: { ...DEFAULT_LIMITS, ...limits },
    pipeline: STANDARD_PIPELINE,
  });
  if (result.outcome === 'processed') throw new Error('it was processed');
  return result;
}

async function pixel(image: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

function body(result: Developed, name: string): Buffer {
  const found = result.renditions.find((rendition) => rendition.name === name);
  if (!found) throw new Error(`no rendition ${name}`);
  return found.body;
}

describe('identify', () => {
  const brand = (major: string, ...compatible: string[]) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(16 + 4 * compatible.length);
    return Buffer.concat([size, Buffer.from(`ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1')]);
  };

  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)(
    'knows %s by its bytes',
    async (format) => {
      expect(identify(await halves(16, 16).toFormat(format).toBuffer())).toBe(format);
    },
  );

  it.each([
    ['an AVIF that calls itself mif1 first', brand('mif1', 'avif', 'miaf'), 'avif'],
    ['a HEIC', brand('heic', 'mif1', 'heic'), 'heif'],
    ['an MP4', brand('isom', 'isom', 'mp42'), 'unknown'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'svg'],
    [
      'an SVG behind declaration, comment and byte order mark',
      Buffer.from('\uFEFF<?xml version="1.0"?>\n<!-- <html> -->\n<svg:svg xmlns:svg="x">'),
      'svg',
    ],
    ['a page that speaks of svg', Buffer.from('<html><svg></svg></html>'), 'unknown'],
    ['a JPEG XL', Buffer.from([0xff, 0x0a, 0, 0]), 'jxl'],
    ['text that begins with BM', Buffer.from('BMW is a car maker and this is no bitmap.'), 'unknown'],
    ['text that begins with RIFF', Buffer.from('RIFF....WAVEfmt '), 'unknown'],
    ['nothing', Buffer.alloc(0), 'unknown'],
  ])('calls %s what it is', (_what, bytes, format) => {
    expect(identify(bytes)).toBe(format);
  });
});

describe('fitInside', () => {
  it('keeps proportions, never enlarges and never vanishes', () => {
    expect(fitInside({ width: 4000, height: 3000 }, 1024, 1024)).toEqual({ width: 1024, height: 768 });
    expect(fitInside({ width: 30, height: 20 }, 1024, 1024)).toEqual({ width: 30, height: 20 });
    expect(fitInside({ width: 1_000_000, height: 10 }, 256, 256)).toEqual({ width: 256, height: 1 });
  });
});

describe('develop', () => {
  it('makes three renditions of an opaque still as JPEG, fit inside their boxes', async () => {
    const { renditions, facts, pipeline } = await developed(await noise(1601, 1003).jpeg().toBuffer());
    expect(pipeline).toBe('standard@1');
    expect(facts).toMatchObject({ format: 'jpeg', width: 1601, height: 1003, frames: 1, hasAlpha: false });
    expect(renditions.map(({ name, format, width, height }) => [name, format, width, height])).toEqual([
      ['large', 'jpeg', 1024, 642],
      ['medium', 'jpeg', 512, 321],
      ['thumb', 'jpeg', 256, 160],
    ]);
    for (const rendition of renditions) {
      expect(await sharp(rendition.body).metadata()).toMatchObject({
        format: 'jpeg',
        width: rendition.width,
        height: rendition.height,
      });
    }
  });

  it('does not enlarge a small one', async () => {
    const { renditions } = await developed(await halves(300, 20).png().toBuffer());
    expect(renditions.map(({ width, height }) => [width, height])).toEqual([
      [300, 20],
      [300, 20],
      [256, 17],
    ]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'applies EXIF orientation %i, and tells sizes after it',
    async (orientation) => {
      const upright = () => halves(120, 80);
      // The inverse of what a viewer does for each orientation (EXIF 2.3, tag 0x0112).
      const stored: Record<number, () => Sharp | Promise<Sharp>> = {
        1: () => upright(),
        2: () => upright().flop(),
        3: () => upright().rotate(180),
        4: () => upright().flip(),
        5: async () => sharp(await upright().rotate(90).png().toBuffer()).flop(),
        6: () => upright().rotate(270),
        7: async () => sharp(await upright().rotate(270).png().toBuffer()).flop(),
        8: () => upright().rotate(90),
      };
      const bytes = await (await (stored[orientation] ?? upright)())
        .withMetadata({ orientation })
        .jpeg()
        .toBuffer();
      const result = await developed(bytes);
      expect([result.facts.width, result.facts.height]).toEqual([120, 80]);
      const large = body(result, 'large');
      expect((await sharp(large).metadata()).orientation).toBeUndefined();
      const [left, right] = [await pixel(large, 10, 40), await pixel(large, 110, 40)];
      expect(left[0]).toBeGreaterThan(200);
      expect(right[2]).toBeGreaterThan(200);
    },
  );

  it('strips the location and all other metadata', async () => {
    const bytes = await noise(400, 300)
      .withExif({
        IFD0: { Artist: 'somebody' },
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '47/1 22/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '8/1 33/1 0/1',
        },
      })
      .jpeg()
      .toBuffer();
    expect((await sharp(bytes).metadata()).exif).toBeDefined();
    for (const { body } of (await developed(bytes)).renditions) {
      const { exif, xmp, icc, iptc } = await sharp(body).metadata();
      expect([exif, xmp, icc, iptc]).toEqual([undefined, undefined, undefined, undefined]);
      expect(body.includes('somebody')).toBe(false);
    }
  });

  it('keeps transparency, as WebP', async () => {
    const bytes = await sharp({
      create: { width: 600, height: 600, channels: 4, background: { r: 200, g: 40, b: 40, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const result = await developed(bytes);
    expect(result.facts.hasAlpha).toBe(true);
    expect(result.renditions.every(({ contentType }) => contentType === 'image/webp')).toBe(true);
    const [red = 0, , , alpha = 0] = await pixel(body(result, 'thumb'), 100, 100);
    expect(Math.abs(red - 200)).toBeLessThan(8);
    expect(Math.abs(alpha - 128)).toBeLessThan(4);
  });

  it.each(['gif', 'webp'] as const)('keeps an animated %s moving at its pace', async (format) => {
    const frames = await flat(640, 480, [40, 120, 200, 250]);
    const bytes = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { delay: [100, 200, 300, 400], loop: 3 })
      .toBuffer();
    const result = await developed(bytes);
    expect(result.facts).toMatchObject({ width: 640, height: 480, frames: 4 });
    const thumb = await sharp(body(result, 'thumb'), { animated: true }).metadata();
    expect(thumb).toMatchObject({
      pages: 4,
      pageHeight: 192,
      width: 256,
      loop: 3,
      delay: [100, 200, 300, 400],
    });
    expect((await pixel(body(result, 'thumb'), 5, 5))[0]).toBeLessThan(60);
    const last = await sharp(body(result, 'thumb'), { page: 3 }).png().toBuffer();
    expect((await pixel(last, 5, 5))[0]).toBeGreaterThan(230);
  });

  it('brings 16 bits and grey and CMYK to 8-bit sRGB', async () => {
    for (const bytes of [
      await noise(300, 200).toColourspace('rgb16').png().toBuffer(),
      await noise(300, 200).greyscale().jpeg().toBuffer(),
      await noise(300, 200).toColourspace('cmyk').jpeg().toBuffer(),
    ]) {
      const { body } = (await developed(bytes)).renditions[0] ?? {};
      expect(await sharp(body).metadata()).toMatchObject({ space: 'srgb', depth: 'uchar', channels: 3 });
    }
  });

  it('gives the same bytes again, so that a repeat is the same object', async () => {
    const bytes = await noise(900, 700).jpeg().toBuffer();
    const [first, second] = [await developed(bytes), await developed(bytes)];
    expect(first.renditions).toEqual(second.renditions);
  });
});

describe('the guard', () => {
  it('refuses an empty file', async () => {
    expect(await refusal(Buffer.alloc(0))).toMatchObject({ outcome: 'rejected', code: 'IMAGE_EMPTY' });
  });

  it('refuses more bytes than allowed, naming both numbers', async () => {
    const { code, reason } = await refusal(await noise(64, 64).png().toBuffer(), { maxBytes: 1000 });
    expect(code).toBe('IMAGE_TOO_LARGE');
    expect(reason).toMatch(/has \d+ bytes; at most 1000/);
  });

  it('refuses a picture of too many pixels before it decodes one', async () => {
    const bytes = await sharp({ create: { width: 12_000, height: 9_000, channels: 3, background: 'teal' } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const { code, reason, facts, durationMs } = await refusal(bytes);
    expect(code).toBe('IMAGE_TOO_MANY_PIXELS');
    expect(reason).toContain('108000000');
    expect(facts).toMatchObject({ format: 'png', width: 12_000, height: 9_000 });
    expect(durationMs).toBeLessThan(200);
  });

  it('counts frames, and the pixels of all of them', async () => {
    const frames = await flat(50, 40, [0, 40, 80, 120, 160, 200]);
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await refusal(bytes, { maxFrames: 5 })).code).toBe('IMAGE_TOO_MANY_FRAMES');
    const { code, reason } = await refusal(bytes, { maxPixels: 50 * 40 * 6 - 1 });
    expect(code).toBe('IMAGE_TOO_MANY_PIXELS');
    expect(reason).toContain('12000');
  });

  it('refuses what is no image, and formats that are not allowed', async () => {
    expect((await refusal(Buffer.from('Dear sirs, please find attached'))).code).toBe('FORMAT_UNKNOWN');
    expect((await refusal(Buffer.from('<svg xmlns="x" width="1" height="1"/>'))).code).toBe(
      'FORMAT_NOT_ALLOWED',
    );
    const { code, reason } = await refusal(await halves(8, 8).png().toBuffer(), {
      formats: ['jpeg', 'webp'],
    });
    expect(code).toBe('FORMAT_NOT_ALLOWED');
    expect(reason).toBe('the image is png; allowed are jpeg, webp');
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)(
    'refuses a truncated %s as corrupt',
    async (format) => {
      const bytes = await noise(500, 400).toFormat(format).toBuffer();
      for (const share of [0.3, 0.7, 0.97]) {
        const refused = await refusal(bytes.subarray(0, Math.floor(bytes.length * share)));
        expect(refused).toMatchObject({ outcome: 'rejected', code: 'IMAGE_CORRUPT', facts: { format } });
        expect(refused.reason).not.toContain('\n');
      }
    },
  );

  it('lets a JPEG pass that decoders merely warn of', async () => {
    const bytes = await noise(300, 200).jpeg().toBuffer();
    const start = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    const warned = Buffer.concat([bytes.subarray(0, start), Buffer.from([0, 0, 0]), bytes.subarray(start)]);
    await expect(sharp(warned, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow(/extraneous bytes/);
    expect((await developed(warned)).renditions).toHaveLength(3);
  });
});
