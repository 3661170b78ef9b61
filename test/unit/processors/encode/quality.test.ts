import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { lumaOf, similarity } from '../../../../src/processors/encoding/similarity.ts';
import { RENDITION_FORMATS } from '../../../../src/processors/types.ts';
import { animation, decoded, drawnOf, encoded, halfTransparent, photograph, sourceOf } from './pictures.ts';

const photo = await photograph();
const reference = lumaOf({ ...(await pixelsOf(photo.image())) });

async function pixelsOf(image: Sharp) {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}
/** Measured from outside: what is left of the photograph in a file. */
const measured = async (body: Buffer) => similarity(reference, lumaOf(await pixelsOf(sharp(body))));

/** Of PNG's IHDR. */
const COLOUR_TYPE = 25;
const TRUECOLOUR = 2;
const INDEXED = 3;

/** Flat colours with sharp edges, as a screenshot has. */
const drawing = () => {
  const size = 128;
  const data = Buffer.alloc(size * size * 3);
  for (let at = 0; at < size * size; at++) {
    const inside = (at % size > 20 && at % size < 90) !== at > (size * size) / 3;
    data.set(inside ? [220, 30, 60] : [250, 250, 245], at * 3);
  }
  return drawnOf(data, { width: size, height: size, channels: 3 });
};

describe('a number', () => {
  it.each(['jpeg', 'webp', 'avif'] as const)('is the quality of %s', async (format) => {
    const [low, high] = [
      await encoded(photo, { format, quality: 30 }),
      await encoded(photo, { format, quality: 80 }),
    ];
    expect([low.quality, high.quality]).toEqual([30, 80]);
    expect(low.body.length).toBeLessThan(high.body.length);
    expect(await measured(low.body)).toBeLessThan(await measured(high.body));
    expect(low.similarity).toBeUndefined();
  });

  it('means nothing to PNG, which is without loss, and to GIF, which has all its colours', async () => {
    for (const format of ['png', 'gif'] as const) {
      const low = await encoded(photo, { format, quality: 1 });
      const high = await encoded(photo, { format, quality: 100 });
      expect(low.body.equals(high.body)).toBe(true);
      expect(low.quality).toBeUndefined();
      expect(await measured(low.body)).toBeGreaterThan(format === 'png' ? 0.999999 : 0.97);
    }
  });
});

describe('a similarity', () => {
  it.each(['jpeg', 'webp', 'avif'] as const)('is reached by the lowest quality of %s', async (format) => {
    const target = 0.95;
    const {
      body,
      quality = 0,
      similarity: told,
    } = await encoded(photo, { format, quality: { similarity: target } });
    expect(await measured(body)).toBeCloseTo(told ?? 0, 9);
    expect(told).toBeGreaterThanOrEqual(target);
    expect(quality).toBeGreaterThan(1);
    const below = await encoded(photo, { format, quality: quality - 1 });
    expect(await measured(below.body)).toBeLessThan(target);
  });

  it('is reached by GIF with fewer colours, and by PNG always', async () => {
    const gif = await encoded(photo, { format: 'gif', quality: { similarity: 0.7 } });
    expect(gif.quality).toBe(75);
    expect(await measured(gif.body)).toBeGreaterThanOrEqual(0.7);
    const png = await encoded(photo, { format: 'png', quality: { similarity: 0.1 } });
    expect(png).toMatchObject({ similarity: 1 });
    expect(await measured(png.body)).toBeCloseTo(1, 9);
  });

  it('that no quality reaches gets the highest', async () => {
    const { quality, similarity: told } = await encoded(photo, {
      format: 'jpeg',
      quality: { similarity: 1 },
    });
    expect(quality).toBe(100);
    expect(told).toBeLessThan(1);
  });

  it('is measured where a transparent picture shows: over its background in JPEG', async () => {
    const white = halfTransparent();
    const { similarity: told } = await encoded(white, {
      format: 'jpeg',
      background: '#ff0000',
      quality: { similarity: 0.99 },
    });
    // red over red: nothing to be seen, so the lowest quality will do
    expect(told).toBeGreaterThanOrEqual(0.99);
    const shown = await encoded(white, { format: 'webp', quality: { similarity: 0.9 } });
    expect(shown.similarity).toBeGreaterThanOrEqual(0.9);
  });

  it.each([
    { format: 'webp', quality: { similarity: 0.95 } },
    { format: 'best', quality: 80 },
  ] as const)(
    'of an animation is that of a frame that shows something, though others be plain: $format',
    async (spec) => {
      const { data, ...sides } = await pixelsOf(photo.image());
      const frames = Buffer.concat([Buffer.alloc(data.length), data, Buffer.alloc(data.length, 99)]);
      const drawn = drawnOf(
        frames,
        { ...sides, channels: 3 },
        { frames: 3, timing: { delay: [50, 100, 150] } },
      );
      const { header, similarity: told = 0, body } = await encoded(drawn, spec);
      expect(header.pages).toBe(3);
      expect(told).toBeGreaterThanOrEqual(0.9);
      const second = await pixelsOf(sharp(body, { page: 1 }));
      // within an animation a frame is not quite what it is alone
      expect(Math.abs(similarity(reference, lumaOf(second)) - told)).toBeLessThan(0.02);
    },
  );
});

describe('a number of bytes', () => {
  it.each(['jpeg', 'webp', 'avif'] as const)('is filled by the highest quality of %s', async (format) => {
    const maxBytes = 3000;
    const { body, quality = 0 } = await encoded(photo, { format, quality: { maxBytes } });
    expect(body.length).toBeLessThanOrEqual(maxBytes);
    expect((await encoded(photo, { format, quality: quality + 1 })).body.length).toBeGreaterThan(maxBytes);
  });

  it('is met by PNG without loss where that fits, else with a palette', async () => {
    const lossless = await encoded(photo, { format: 'png' });
    const same = await encoded(photo, { format: 'png', quality: { maxBytes: lossless.body.length } });
    expect(same.body.equals(lossless.body)).toBe(true);
    const less = await encoded(photo, { format: 'png', quality: { maxBytes: lossless.body.length - 1 } });
    expect([lossless, less].map(({ body }) => body[COLOUR_TYPE])).toEqual([TRUECOLOUR, INDEXED]);
    expect(less.quality).toBeGreaterThan(1);
    expect(less.body.length).toBeLessThan(lossless.body.length);
  });

  it('is met by GIF with fewer colours', async () => {
    const full = await encoded(photo, { format: 'gif' });
    const { body, quality } = await encoded(photo, {
      format: 'gif',
      quality: { maxBytes: full.body.length - 1 },
    });
    expect(quality).toBe(75);
    const { data } = await decoded(body);
    const colours = new Set(Array.from({ length: data.length / 3 }, (_, at) => data.readUIntBE(at * 3, 3)));
    expect(colours.size).toBeLessThanOrEqual(16);
  });

  it('counts what is kept of the metadata', async () => {
    const source = await sourceOf('jpeg', { copyright: { copyright: 'x'.repeat(400) } });
    const spec = { format: 'jpeg', quality: { maxBytes: 3000 } } as const;
    const bare = await encoded(photo, spec, source);
    const signed = await encoded(photo, { ...spec, keepCopyright: true }, source);
    expect(signed.body.length).toBeLessThanOrEqual(3000);
    expect(signed.quality).toBeLessThan(bare.quality ?? 0);
  });

  it.each(RENDITION_FORMATS)('that %s cannot meet is refused, with what to do', async (format) => {
    await expect(encoded(photo, { format, quality: { maxBytes: 50 } })).rejects.toMatchObject({
      outcome: 'rejected',
      code: 'RENDITION_TOO_LARGE',
      message: expect.stringMatching(
        new RegExp(
          `^the rendition shown of 160 × 120 pixels takes \\d+ bytes as ${format} at the lowest quality, ` +
            'and maxBytes is 50; raise it, make the rendition smaller, or choose another format$',
        ),
      ),
    });
  });
});

describe('best', () => {
  const jpegs = async (quality: number) => measured((await encoded(photo, { format: 'jpeg', quality })).body);

  it('is the smallest that is as similar as the JPEG of that quality', async () => {
    const best = await encoded(photo, { format: 'best', quality: 80 });
    const target = await jpegs(80);
    expect(await measured(best.body)).toBeGreaterThanOrEqual(target);
    for (const format of ['jpeg', 'webp', 'avif', 'png'] as const) {
      const other = await encoded(photo, { format, quality: { similarity: target } });
      expect(best.body.length).toBeLessThanOrEqual(other.body.length);
    }
    expect(['webp', 'avif']).toContain(best.format);
  });

  it('is that JPEG where the policy permits no other, so never larger', async () => {
    const only = await sourceOf('jpeg', { renditionFormats: ['jpeg'] });
    const best = await encoded(photo, { format: 'best', quality: 70 }, only);
    expect(best.format).toBe('jpeg');
    expect(best.quality).toBe(70);
    expect(best.similarity).toBeCloseTo(await measured(best.body), 9);
    expect(best.body.equals((await encoded(photo, { format: 'jpeg', quality: 70 })).body)).toBe(true);
  });

  it('is without loss for a drawing, where that is smallest', async () => {
    const drawn = drawing();
    const best = await encoded(drawn, { format: 'best' });
    const png = await encoded(drawn, { format: 'png' });
    expect(['png', 'webp']).toContain(best.format);
    expect(best).toMatchObject({ similarity: 1 });
    expect(best.quality).toBeUndefined();
    expect(best.body.length).toBeLessThanOrEqual(png.body.length);
    expect((await decoded(best.body)).data.equals((await decoded(png.body)).data)).toBe(true);
  });

  it('keeps transparency and motion', async () => {
    expect((await encoded(halfTransparent(), { format: 'best' })).header.hasAlpha).toBe(true);
    expect((await encoded(animation(), { format: 'best' })).header.pages).toBe(3);
  });

  it('is the most similar of what fits into a number of bytes', async () => {
    const quality = { maxBytes: 3000 };
    const best = await encoded(photo, { format: 'best', quality });
    expect(best.body.length).toBeLessThanOrEqual(3000);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const other = await encoded(photo, { format, quality });
      expect(best.similarity).toBeGreaterThanOrEqual((await measured(other.body)) - 1e-9);
    }
    expect((await encoded(photo, { format: 'best', quality: { maxBytes: 1_000_000 } })).format).toBe('png');
  });

  it('refuses where none of the formats fits', async () => {
    await expect(encoded(photo, { format: 'best', quality: { maxBytes: 50 } })).rejects.toMatchObject({
      code: 'RENDITION_TOO_LARGE',
      message: expect.stringContaining('as jpeg or png or webp or avif at the lowest quality'),
    });
  });
});
