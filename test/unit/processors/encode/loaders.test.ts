import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from '../../../../src/processors/encode.ts';
import { DECODABLE_FORMATS } from '../../../../src/processors/index.ts';
import { allowLoaders, withLoader } from '../../../../src/processors/loaders.ts';
import { RENDITION_FORMATS } from '../../../../src/processors/types.ts';
import { animation, photograph, solid, sourceOf, specOf } from './pictures.ts';

describe('in a process that may decode JPEG only', async () => {
  const source = await sourceOf();
  const photo = await photograph();
  const moving = animation();
  const webp = await solid('#abc').webp().toBuffer();
  const png = await solid('#abc').png().toBuffer();
  const p3 = await photo.image().withIccProfile('p3').png().toBuffer();
  const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
  const refused = /unsupported image format|blocked/;
  beforeAll(() => allowLoaders(['jpeg']));
  afterAll(() => allowLoaders(DECODABLE_FORMATS));

  it.each(RENDITION_FORMATS)(
    'a similarity is found for %s too, and its decoder is gone again',
    async (format) => {
      const spec = specOf({ format, quality: { similarity: 0.8 } });
      const { body, similarity = 0 } = await encode(photo, spec, source);
      expect(similarity).toBeGreaterThanOrEqual(0.8);
      if (format !== 'jpeg') await expect(pixels(body)).rejects.toThrow(refused);
    },
  );

  it('the best format is found, of stills and animations, with and without a profile', async () => {
    const { similarity } = await encode(photo, specOf({ format: 'best' }), source);
    expect(similarity).toBeGreaterThan(0.9);
    const drawn = { ...photo, ownColours: true, image: () => sharp(p3) };
    const kept = await encode(drawn, specOf({ format: 'best', keepIcc: true }), source);
    expect(kept.similarity).toBeGreaterThan(0.9);
    expect(await withLoader(kept.format, () => sharp(kept.body).metadata())).toMatchObject({
      hasProfile: true,
    });
    const moved = await encode(moving, specOf({ format: 'best' }), source);
    expect(moved.format).toBe('webp');
    await expect(pixels(moved.body)).rejects.toThrow(refused);
    await expect(pixels(png)).rejects.toThrow(refused);
  });

  it('a decoder that two have borrowed stays until both are done', async () => {
    const long = Promise.withResolvers<void>();
    const first = withLoader('webp', () => long.promise);
    await withLoader('webp', () => pixels(webp));
    await expect(pixels(webp)).resolves.toHaveLength(8 * 8 * 3);
    long.resolve();
    await first;
    await expect(pixels(webp)).rejects.toThrow(refused);
  });

  it('a borrowed decoder goes back when the work fails', async () => {
    await expect(withLoader('webp', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(pixels(webp)).rejects.toThrow(refused);
  });

  it('what is allowed to strangers is never taken away', async () => {
    const jpeg = await solid('#abc').jpeg().toBuffer();
    await withLoader('jpeg', () => pixels(jpeg));
    await expect(pixels(jpeg)).resolves.toHaveLength(8 * 8 * 3);
  });
});
