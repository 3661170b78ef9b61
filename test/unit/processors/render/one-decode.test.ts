import sharp from 'sharp';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { makePhotograph } from '../../../../dev/samples/index.ts';
import { develop } from '../../../../src/processors/develop.ts';
import { decode } from '../../../../src/processors/drawing/decode.ts';
import { DEFAULT_LIMITS } from '../../../../src/processors/index.ts';
import type { RenditionSpec } from '../../../../src/processors/pipeline.ts';
import type { RawImage } from '../../../../src/processors/steps/plug-in.ts';
import type { Step } from '../../../../src/processors/steps/step.ts';
import { animated, painted, quarters, specOf } from './pictures.ts';

vi.mock(import('../../../../src/processors/drawing/decode.ts'), async (original) => {
  const module = await original();
  return { ...module, decode: vi.fn(module.decode) };
});
const decoded = vi.mocked(decode);
beforeEach(() => {
  decoded.mockClear();
});

async function renditionsOf(
  bytes: Buffer,
  wishes: readonly Partial<RenditionSpec>[],
  steps: readonly Step[] = [],
) {
  const renditions = wishes.map((wish, index) => specOf({ ...wish, name: `r${index}` }));
  const pipeline = { name: 'some', version: 1, steps, renditions };
  const result = await develop(bytes, { limits: DEFAULT_LIMITS, pipeline });
  if (result.outcome !== 'processed') throw new Error(result.reason);
  const images: RawImage[] = await Promise.all(decoded.mock.results.map(({ value }) => value));
  const [first] = images;
  if (!first) throw new Error('nothing was decoded');
  return { first, renditions: result.renditions, sizes: images.map(({ info }) => [info.width, info.height]) };
}

describe('an image', () => {
  it('is decoded once for all renditions, as large as the largest needs it', async () => {
    const bytes = await makePhotograph(3, 1600, 1200);
    const { renditions, sizes } = await renditionsOf(bytes, [
      { widthPx: 100, heightPx: 100, fit: 'cover', position: 'attention' },
      { widthPx: 640, heightPx: 640, blur: 2 },
      { widthPx: 300, heightPx: 300, fit: 'contain', rotate: 90 },
    ]);
    expect(sizes).toEqual([[640, 480]]);
    expect(renditions.map(({ width, height }) => [width, height])).toEqual([
      [100, 100],
      [640, 480],
      [300, 300],
    ]);
  });

  it('is shrunk while it is loaded, unless a rendition needs all of it', async () => {
    const bytes = await makePhotograph(3, 1600, 1200);
    const { first } = await renditionsOf(bytes, [
      { widthPx: 200 },
      { widthPx: 100, heightPx: 100, fit: 'cover', flop: true },
    ]);
    const { data } = first;
    const shrunk = await sharp(bytes).resize(200, 150, { fit: 'fill' }).raw().toBuffer();
    const pixels = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const notShrunk = await sharp(pixels.data, { raw: pixels.info })
      .resize(200, 150, { fit: 'fill' })
      .raw()
      .toBuffer();
    expect([data.equals(shrunk), data.equals(notShrunk)]).toEqual([true, false]);
    const { sizes } = await renditionsOf(bytes, [{ widthPx: 200 }, { widthPx: 100, trim: { threshold: 5 } }]);
    expect(sizes[1]).toEqual([1600, 1200]);
  });

  it('is decoded once more for those that keep colours that sRGB would change', async () => {
    const bytes = await sharp(await quarters(400, 300))
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    const wishes = [{ widthPx: 200, keepIcc: true }, { widthPx: 100 }];
    expect((await renditionsOf(bytes, wishes)).sizes).toEqual([
      [100, 75],
      [200, 150],
    ]);
    decoded.mockClear();
    const plain = await sharp(await quarters(400, 300))
      .jpeg()
      .toBuffer();
    expect((await renditionsOf(plain, wishes)).sizes).toEqual([[200, 150]]);
  });

  it('is given to steps in sRGB, and what they give back keeps no other colours', async () => {
    const bytes = await sharp(await quarters(400, 300))
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    const path = `${import.meta.dirname}/../plug-ins/invert.ts`;
    const wishes = [{ widthPx: 200, keepIcc: true, format: 'png' as const }];
    const { sizes } = await renditionsOf(bytes, wishes, [{ step: 'module', path }]);
    expect(sizes).toEqual([[200, 150]]);
  });

  it('that moves is decoded as a still where no rendition moves, but shown to steps whole', async () => {
    const bytes = await animated([await quarters(40, 30), await painted(40, 30, () => [1, 2, 3])]);
    const stills: Partial<RenditionSpec>[] = [{ frames: 'first' }, { format: 'jpeg' }];
    expect((await renditionsOf(bytes, stills)).sizes).toEqual([[40, 30]]);
    decoded.mockClear();
    expect((await renditionsOf(bytes, [...stills, {}])).sizes).toEqual([[40, 60]]);
    decoded.mockClear();
    const path = `${import.meta.dirname}/../plug-ins/invert.ts`;
    expect((await renditionsOf(bytes, stills, [{ step: 'module', path }])).sizes).toEqual([[40, 60]]);
  });
});
