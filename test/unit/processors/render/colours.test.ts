import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode, keepsColours, readHeader } from '../../../../src/processors/drawing/decode.ts';
import { draw } from '../../../../src/processors/drawing/draw.ts';
import { framesOf } from '../../../../src/processors/drawing/pixels.ts';
import { factsOfBytes, factsOfHeader } from '../../../../src/processors/facts/facts.ts';
import { difference, graph, looked, quarters, RED, shown, specOf } from './pictures.ts';

/** Numbers of Display P3, whose red lies outside of sRGB. */
const inP3 = async () =>
  sharp(await quarters(80, 40))
    .withIccProfile('p3')
    .png()
    .toBuffer();

describe('a picture with a profile', () => {
  it('becomes sRGB', async () => {
    const bytes = await inP3();
    expect(
      difference([...(await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()).subarray(0, 3)], RED),
    ).toBeGreaterThan(15);
    expect(difference((await shown(bytes, {})).at(2, 2), RED)).toBeLessThan(4);
  });

  it('keeps its numbers and its profile when it is to keep its colours', async () => {
    const bytes = await inP3();
    const { icc } = await sharp(bytes).metadata();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    const spec = specOf({ keepIcc: true });
    const image = await decodeOwn(bytes);
    const drawn = await draw({ image, original: { width: 80, height: 40 }, icc }, spec);
    const written = await drawn.image().keepIccProfile().png().toBuffer();
    expect((await sharp(written).metadata()).icc?.equals(icc ?? Buffer.alloc(0))).toBe(true);
    expect((await sharp(written, { ignoreIcc: true }).raw().toBuffer()).equals(stored)).toBe(true);
    // Who does not ask for the profile gets sRGB.
    expect(difference((await looked(drawn)).at(2, 2), RED)).toBeLessThan(4);
  });

  it('keeps them through all that is done, and in each frame', async () => {
    const { icc } = await sharp(await inP3()).metadata();
    const first = framesOf(await decodeOwn(await graph(60, 60)))[0];
    if (!first) throw new Error('no frame');
    const image = {
      data: Buffer.concat([first.data, first.data.map((level) => 255 - level)]),
      info: { width: 60, height: 120, pageHeight: 60, channels: 3 as const },
    };
    const timing = { delay: [100, 200], loop: 1 };
    const spec = specOf({
      keepIcc: true,
      fit: 'cover',
      position: 'west',
      widthPx: 30,
      heightPx: 60,
      flop: true,
    });
    const drawn = await draw({ image, original: { width: 60, height: 60 }, icc, timing }, spec);
    const webp = await drawn
      .image()
      .keepIccProfile()
      .webp({ lossless: true, ...timing })
      .toBuffer();
    expect(await sharp(webp, { animated: true }).metadata()).toMatchObject({
      pages: 2,
      width: 30,
      pageHeight: 60,
      delay: [100, 200],
      loop: 1,
    });
    expect((await sharp(webp).metadata()).icc?.equals(icc ?? Buffer.alloc(0))).toBe(true);
    for (const [page, corner] of [
      [0, [59, 0, 0]],
      [1, [196, 255, 255]],
    ] as const) {
      const pixels = await sharp(webp, { page, ignoreIcc: true }).raw().toBuffer();
      expect([...pixels.subarray(0, 3)]).toEqual(corner);
    }
  });

  it.each([
    ['RGB', async () => inP3(), true],
    ['none', async () => quarters(8, 8), false],
    [
      'CMYK',
      async () =>
        sharp(await quarters(8, 8))
          .withIccProfile('cmyk')
          .jpeg()
          .toBuffer(),
      false,
    ],
  ] as const)('keeps colours only where it is of RGB: %s', async (_what, make, kept) => {
    expect(keepsColours(specOf({ keepIcc: true }), await readHeader(await make()))).toBe(kept);
    expect(keepsColours(specOf({}), await readHeader(await make()))).toBe(false);
  });

  async function decodeOwn(bytes: Buffer) {
    const facts = factsOfHeader(factsOfBytes(bytes), await readHeader(bytes), {}, false);
    return decode(bytes, facts, [specOf({})], { ownColours: true });
  }
});
