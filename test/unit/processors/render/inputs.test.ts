import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { develop } from '../../../../src/processors/develop.ts';
import { DEFAULT_LIMITS } from '../../../../src/processors/index.ts';
import type { RenditionSpec } from '../../../../src/processors/pipeline.ts';
import { animated, difference, painted, quarters, RED, shown, specOf } from './pictures.ts';

const EVERYTHING: Partial<RenditionSpec> = {
  widthPx: 40,
  heightPx: 40,
  fit: 'cover',
  position: 'attention',
  enlarge: true,
  trim: { threshold: 10 },
  rotate: 20,
  flip: true,
  flop: true,
  grayscale: true,
  blur: 1,
  sharpen: 1,
  pad: { topPx: 1, rightPx: 2, bottomPx: 3, leftPx: 4 },
  background: '#00ff0080',
};

const WISHES: readonly (readonly [string, Partial<RenditionSpec>])[] = [
  ['nothing', {}],
  ['inside', { widthPx: 20 }],
  ['cover', { widthPx: 10, heightPx: 20, fit: 'cover' }],
  ['cover by entropy', { widthPx: 10, heightPx: 20, fit: 'cover', position: 'entropy' }],
  [
    'cover by attention, enlarged',
    { widthPx: 90, heightPx: 99, fit: 'cover', position: 'attention', enlarge: true },
  ],
  ['contain', { widthPx: 30, heightPx: 50, fit: 'contain' }],
  ['fill', { widthPx: 30, heightPx: 50, fit: 'fill', enlarge: true }],
  ['trim', { trim: { threshold: 10 } }],
  ['turned', { rotate: 90, flip: true }],
  ['turned freely', { rotate: 10, widthPx: 30 }],
  ['grey, blurred, sharpened', { grayscale: true, blur: 2, sharpen: 1 }],
  ['everything', EVERYTHING],
];

const source = async () => sharp(await quarters(60, 40));
const INPUTS: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ['RGB of 8 bits', async () => (await source()).png().toBuffer()],
  ['RGB of 16 bits', async () => (await source()).toColourspace('rgb16').png().toBuffer()],
  [
    '16 bits with alpha',
    async () => (await source()).ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer(),
  ],
  ['grey', async () => (await source()).greyscale().png().toBuffer()],
  ['grey of 16 bits', async () => (await source()).greyscale().toColourspace('grey16').png().toBuffer()],
  ['grey as JPEG', async () => (await source()).greyscale().jpeg().toBuffer()],
  ['a palette', async () => (await source()).png({ palette: true, colours: 4 }).toBuffer()],
  ['CMYK', async () => (await source()).toColourspace('cmyk').jpeg().toBuffer()],
  ['CMYK as TIFF', async () => (await source()).toColourspace('cmyk').tiff().toBuffer()],
  ['AVIF', async () => (await source()).avif({ effort: 0 }).toBuffer()],
  ['alpha', async () => painted(60, 40, (x) => [255, 0, 0, x * 4])],
  ['a still GIF', async () => (await source()).gif().toBuffer()],
  ['a moving GIF', async () => animated([await quarters(60, 40), await painted(60, 40, () => RED)], 'gif')],
  ['a moving WebP', async () => animated([await quarters(60, 40), await painted(60, 40, () => RED)], 'webp')],
  ['one pixel', () => painted(1, 1, () => RED)],
  ['one pixel, moving', async () => animated([await painted(1, 1, () => RED), await quarters(1, 1)])],
  ['one column', () => painted(1, 60, () => RED)],
];

describe('every kind of picture', () => {
  it.each(INPUTS)('can have everything done to it: %s', async (_what, make) => {
    const bytes = await make();
    const frames = (await sharp(bytes).metadata()).pages ?? 1;
    for (const [what, wishes] of WISHES) {
      const drawn = await shown(bytes, wishes);
      expect(drawn.frames, what).toBe(frames);
      expect(drawn.timing === undefined, what).toBe(frames === 1);
    }
  });

  it.each(INPUTS.slice(0, 9))('shows its colours in sRGB: %s', async (what, make) => {
    const { at } = await shown(await make(), { widthPx: 30 });
    const colours = [at(3, 3), at(26, 3), at(3, 16), at(26, 16)].map((pixel) => pixel.slice(0, 3));
    const grey = what.startsWith('grey');
    for (const [index, [red = 0, green = 0, blue = 0]] of colours.entries()) {
      if (grey) expect([green, blue]).toEqual([red, red]);
      // CMYK has no such green and blue; which channel is the strongest it does have.
      else if (index < 3) expect([red, green, blue].indexOf(Math.max(red, green, blue))).toBe(index);
      else expect(Math.min(red, green, blue)).toBeGreaterThan(240);
    }
  });
});

describe('the longest sides that formats hold', () => {
  it.each([
    [65_535, 2],
    [2, 65_535],
    [16_383, 3],
  ])('are drawn: %i × %i', async (width, height) => {
    const bytes = await painted(width, height, (x, y) => [x & 255, y & 255, 0]);
    const own = await shown(bytes, {});
    expect(own.at(width - 1, height - 1)).toEqual([(width - 1) & 255, (height - 1) & 255, 0]);
    for (const wishes of [
      { rotate: 90 },
      { flop: true },
      { widthPx: width, heightPx: height, enlarge: true },
    ]) {
      expect((await shown(bytes, wishes)).pixels.data.length).toBe(width * height * 3);
    }
  });
});

describe('renditions that differ in all of it', () => {
  it('look as each would alone, out of one decoded image', async () => {
    const renditions = WISHES.map(([, wishes], index) => specOf({ ...wishes, name: `r${index}` }));
    const bytes = await sharp(await quarters(1200, 800))
      .jpeg({ quality: 95 })
      .toBuffer();
    const result = await develop(bytes, {
      limits: DEFAULT_LIMITS,
      pipeline: { name: 'all', version: 1, steps: [], renditions },
    });
    if (result.outcome !== 'processed') throw new Error(result.reason);
    for (const [index, { width, height, body, name }] of result.renditions.entries()) {
      const [, wishes = {}] = WISHES[index] ?? [];
      const alone = await shown(bytes, wishes);
      expect([name, width, height]).toEqual([`r${index}`, alone.width, alone.height]);
      const { data, info } = await sharp(body).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      const middle = (Math.floor(info.height / 4) * info.width + Math.floor(info.width / 4)) * 4;
      const other = alone.at(Math.floor(info.width / 4), Math.floor(info.height / 4));
      expect(difference([...data.subarray(middle, middle + 3)], other.slice(0, 3)), name).toBeLessThan(20);
    }
  });
});
