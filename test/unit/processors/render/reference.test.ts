import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePhotograph } from '../../../../dev/samples/index.ts';
import { pixelsOf } from '../../../../src/processors/drawing/pixels.ts';
import type { RenditionSpec } from '../../../../src/processors/pipeline.ts';
import { painted, shown } from './pictures.ts';

/**
 * Pictures that a person has looked at. Made anew by `UPDATE_REFERENCES=1 npx vitest run --project unit reference.test.ts`: look at
 * them before they are committed.
 */
const folder = join(import.meta.dirname, 'reference');
/** Mean difference of a channel, of 255: another libvips may round its own way. */
const TOLERANCE = 1;

const box = { widthPx: 96, heightPx: 96 };
const PICTURES: Readonly<Record<string, Partial<RenditionSpec>>> = {
  inside: box,
  cover: { ...box, fit: 'cover' },
  'cover-northwest': { ...box, fit: 'cover', position: 'northwest' },
  'cover-attention': { ...box, fit: 'cover', position: 'attention' },
  'cover-entropy': { ...box, fit: 'cover', position: 'entropy' },
  contain: { ...box, fit: 'contain', background: '#203040' },
  fill: { ...box, fit: 'fill' },
  'rotate-90': { ...box, rotate: 90 },
  'rotate-15': { ...box, rotate: 15, background: '#ffcc00' },
  flip: { ...box, flip: true },
  flop: { ...box, flop: true },
  grayscale: { ...box, grayscale: true },
  blur: { ...box, blur: 3 },
  sharpen: { ...box, sharpen: 1.5 },
  pad: { ...box, pad: { topPx: 4, rightPx: 8, bottomPx: 12, leftPx: 16 }, background: '#ff000080' },
  watermark: { ...box },
  'watermark-tiled': { ...box },
};

/** A ring, to see gaps and transparency by. */
const ring = () =>
  painted(64, 64, (x, y) => {
    const distance = Math.hypot(x - 31.5, y - 31.5);
    return [255, 255, 255, distance > 20 && distance < 31 ? 255 : 0];
  });

describe('a photograph', () => {
  let photograph: Buffer = Buffer.alloc(0);
  let mark = '';
  beforeAll(async () => {
    photograph = await makePhotograph(4, 480, 320);
    mark = join(folder, 'ring.png');
    if (process.env.UPDATE_REFERENCES) writeFileSync(mark, await ring());
  });

  it.each(Object.keys(PICTURES))('looks as its reference: %s', async (name) => {
    const tiled = name === 'watermark-tiled';
    const style = {
      position: 'southeast',
      opacity: 0.7,
      scale: tiled ? 0.2 : 0.4,
      marginPx: 6,
      tiled,
    } as const;
    const watermark = name.startsWith('watermark') ? { image: mark, ...style } : undefined;
    const { pixels } = await shown(photograph, { ...PICTURES[name], ...(watermark && { watermark }) });
    const path = join(folder, `${name}.png`);
    const { width, height, channels } = pixels;
    if (process.env.UPDATE_REFERENCES) {
      await sharp(pixels.data, { raw: { width, height, channels } })
        .png({ compressionLevel: 9 })
        .toFile(path);
    }
    const reference = await pixelsOf(sharp(readFileSync(path)));
    expect([width, height, channels]).toEqual([reference.width, reference.height, reference.channels]);
    let sum = 0;
    for (const [at, level] of pixels.data.entries()) sum += Math.abs(level - (reference.data[at] ?? 0));
    expect(sum / pixels.data.length).toBeLessThan(TOLERANCE);
  });

  it('does not look as the reference of another option', async () => {
    const { pixels } = await shown(photograph, { ...box, blur: 3 });
    for (const name of ['inside', 'sharpen', 'grayscale', 'flip', 'flop']) {
      const reference = await pixelsOf(sharp(readFileSync(join(folder, `${name}.png`))));
      let sum = 0;
      for (const [at, level] of pixels.data.entries()) sum += Math.abs(level - (reference.data[at] ?? 0));
      expect(sum / pixels.data.length, name).toBeGreaterThan(TOLERANCE);
    }
  });
});
