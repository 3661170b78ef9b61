import { describe, expect, it } from 'vitest';
import type { Drawn, Source } from '../../../../src/processors/drawn.ts';
import { chooseFormats } from '../../../../src/processors/encoding/choose-format.ts';
import type { FormatChoice, RenditionSpec } from '../../../../src/processors/pipeline.ts';
import type { ImageFormat } from '../../../../src/processors/types.ts';
import { animation, halfTransparent, photograph, solid, sourceOf, specOf } from './pictures.ts';

const opaque = await photograph(16, 12);
const transparent = halfTransparent();
const moving = animation();
const sized = (drawn: Drawn, width: number): Drawn => ({ ...drawn, width });

const planOf = (drawn: Drawn, spec: Partial<RenditionSpec>, source: Source) =>
  chooseFormats(drawn, specOf(spec), source);
const choice = async (drawn: Drawn, format: FormatChoice, came: ImageFormat = 'jpeg') =>
  planOf(drawn, { format }, await sourceOf(came));
const refusal = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
};

describe('auto', () => {
  it('is JPEG for an opaque still, WebP for transparency and motion', async () => {
    expect(await choice(opaque, 'auto')).toEqual({ formats: ['jpeg'], motion: false });
    expect(await choice(transparent, 'auto')).toEqual({ formats: ['webp'], motion: false });
    expect(await choice(moving, 'auto')).toEqual({ formats: ['webp'], motion: true });
  });

  it('is JPEG for an animation of which the first frame is taken', async () => {
    const plan = planOf(moving, { frames: 'first' }, await sourceOf());
    expect(plan).toEqual({ formats: ['jpeg'], motion: false });
  });

  it('goes on to a format that holds the sides, and refuses what none holds', async () => {
    expect(await choice(sized(opaque, 65_536), 'auto')).toMatchObject({ formats: ['png'] });
    expect(await choice(sized(opaque, 65_535), 'auto')).toMatchObject({ formats: ['jpeg'] });
    expect(await choice(sized(transparent, 16_384), 'auto')).toMatchObject({ formats: ['png'] });
    expect(await choice(sized(moving, 16_384), 'auto')).toEqual({ formats: ['gif'], motion: true });
    expect(await refusal(() => choice(sized(moving, 65_536), 'auto'))).toMatchObject({
      code: 'RENDITION_SIDE_TOO_LONG',
      message: expect.stringContaining(
        'shown would be 65536 × 30 pixels, and webp takes 16383, gif takes 65535',
      ),
    });
  });
});

describe('keep', () => {
  it('is the format that came, where it can be written', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif'] as const) {
      expect((await choice(opaque, 'keep', format)).formats).toEqual([format]);
    }
    expect(await choice(moving, 'keep', 'gif')).toEqual({ formats: ['gif'], motion: true });
    expect(await choice(moving, 'keep', 'webp')).toEqual({ formats: ['webp'], motion: true });
  });

  it('is auto for all else', async () => {
    for (const format of ['tiff', 'heif', 'svg', 'bmp', 'jxl', 'unknown'] as const) {
      expect((await choice(opaque, 'keep', format)).formats).toEqual(['jpeg']);
      expect((await choice(transparent, 'keep', format)).formats).toEqual(['webp']);
    }
  });

  it('is auto for what is too long for the format that came', async () => {
    expect((await choice(sized(opaque, 16_385), 'keep', 'avif')).formats).toEqual(['jpeg']);
  });
});

describe('a format by name', () => {
  it('is taken, whatever it loses', async () => {
    expect(await choice(moving, 'jpeg')).toEqual({ formats: ['jpeg'], motion: false });
    expect(await choice(moving, 'avif')).toEqual({ formats: ['avif'], motion: false });
    expect(await choice(transparent, 'jpeg')).toEqual({ formats: ['jpeg'], motion: false });
  });

  it('is refused beyond the sides that it can hold', async () => {
    for (const [format, most] of [
      ['jpeg', 65_535],
      ['gif', 65_535],
      ['webp', 16_383],
      ['avif', 16_384],
    ] as const) {
      expect((await choice(sized(opaque, most), format)).formats).toEqual([format]);
      expect(await refusal(() => choice({ ...opaque, height: most + 1 }, format))).toMatchObject({
        outcome: 'rejected',
        code: 'RENDITION_SIDE_TOO_LONG',
        message: expect.stringContaining(`${format} takes ${most} pixels a side`),
      });
    }
  });

  it('is where the encoders give up, too: one pixel more cannot be written', async () => {
    await expect(solid('#fff', 16_383, 1).webp().toBuffer()).resolves.toBeInstanceOf(Buffer);
    await expect(solid('#fff', 16_384, 1).webp().toBuffer()).rejects.toThrow(/too large/);
    await expect(solid('#fff', 65_536, 1).jpeg().toBuffer()).rejects.toThrow(/too large/);
    await expect(solid('#fff', 65_536, 1).gif().toBuffer()).rejects.toThrow(/too large/);
    await expect(solid('#fff', 16_385, 1).avif({ effort: 0 }).toBuffer()).rejects.toThrow(/too large/);
  });
});

describe('best', () => {
  const among = async (drawn: Drawn, renditionFormats?: readonly string[]) =>
    planOf(drawn, { format: 'best' }, await sourceOf('jpeg', { renditionFormats }));

  it('chooses among all that lose nothing of the picture', async () => {
    expect(await among(opaque)).toEqual({ formats: ['jpeg', 'png', 'webp', 'avif'], motion: false });
    expect(await among(transparent)).toEqual({ formats: ['png', 'webp', 'avif'], motion: false });
    expect(await among(moving)).toEqual({ formats: ['webp', 'gif'], motion: true });
  });

  it('chooses among what the policy permits only', async () => {
    expect((await among(opaque, ['webp', 'jpeg'])).formats).toEqual(['jpeg', 'webp']);
    expect((await among(transparent, ['jpeg'])).formats).toEqual(['jpeg']);
    expect(await among(moving, ['avif', 'jpeg'])).toEqual({ formats: ['jpeg', 'avif'], motion: false });
    expect((await among(transparent, ['gif', 'jpeg'])).formats).toEqual(['jpeg']);
    expect((await among(opaque, ['gif'])).formats).toEqual(['gif']);
  });

  it('leaves out what is too long for a format', async () => {
    expect((await among(sized(opaque, 16_384))).formats).toEqual(['jpeg', 'png', 'avif']);
    expect(await refusal(() => among(sized(opaque, 16_384), ['webp']))).toMatchObject({
      code: 'RENDITION_SIDE_TOO_LONG',
    });
  });

  it('refuses a policy that permits nothing that can be written', async () => {
    for (const formats of [[], ['tiff']]) {
      expect(await refusal(() => among(opaque, formats))).toMatchObject({
        outcome: 'rejected',
        code: 'RENDITION_FORMAT_NOT_ALLOWED',
        message: expect.stringContaining("let the customer's policy allow one of these"),
      });
    }
  });
});
