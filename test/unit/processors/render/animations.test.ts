import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { develop } from '../../../../src/processors/develop.ts';
import { DEFAULT_LIMITS } from '../../../../src/processors/index.ts';
import type { RenditionSpec } from '../../../../src/processors/pipeline.ts';
import { animated, BLUE, GREEN, painted, quarters, RED, shown, specOf, WHITE } from './pictures.ts';

/** The one rendition of an image. */
async function renditionOf(bytes: Buffer, wishes: Partial<RenditionSpec>) {
  const pipeline = { name: 'test', version: 1, steps: [], renditions: [specOf(wishes)] };
  const developed = await develop(bytes, { limits: DEFAULT_LIMITS, pipeline });
  if (developed.outcome !== 'processed') throw new Error(`${developed.code}: ${developed.reason}`);
  const [rendition] = developed.renditions;
  if (!rendition) throw new Error('no rendition was made');
  return rendition;
}

describe('an animation that is stored turned or mirrored', () => {
  /** Quarters of four colours, then the same with a red, then with a blue corner below on the right. */
  async function turned(orientation: number): Promise<Buffer> {
    const corner = (colour: number[]) =>
      painted(24, 16, (x, y) => {
        if (x >= 12 && y >= 8) return colour;
        return y < 8 ? (x < 12 ? RED : GREEN) : BLUE;
      });
    const frames = await animated([await quarters(24, 16), await corner(RED), await corner(BLUE)]);
    return sharp(frames, { animated: true })
      .webp({ lossless: true })
      .withMetadata({ orientation })
      .toBuffer();
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'is upright in each frame, in its order: orientation %i',
    async (orientation) => {
      const moving = await shown(await turned(orientation), { format: 'webp' });
      const still = await shown(
        await sharp(await quarters(24, 16))
          .withMetadata({ orientation })
          .webp({ lossless: true })
          .toBuffer(),
        { format: 'webp' },
      );
      const { width, height } = still;
      expect(moving).toMatchObject({ width, height, frames: 3 });
      const corners = [
        [2, 2],
        [width - 3, 2],
        [2, height - 3],
        [width - 3, height - 3],
      ] as const;
      for (const [x, y] of corners) {
        const colour = still.at(x, y);
        const at = (frame: number) => moving.at(x, y, frame).slice(0, 3);
        expect(at(0)).toEqual(colour);
        const isMarked = String(colour) === String(WHITE);
        expect(at(1)).toEqual(isMarked ? RED : colour);
        expect(at(2)).toEqual(isMarked ? BLUE : colour);
      }
    },
  );
});

it('an animation whose frames stay longer, or that is to be repeated oftener, than can be written has the most that can', async () => {
  const frames = await animated([await quarters(24, 16), await painted(24, 16, () => RED)], 'gif');
  const slow = Buffer.from(frames);
  // the time of the last frame, in hundredths of a second, and the rounds of Netscape's extension
  slow.writeUInt16LE(65_535, slow.lastIndexOf(Buffer.from([0x21, 0xf9, 0x04])) + 4);
  slow.writeUInt16LE(65_535, slow.indexOf('NETSCAPE2.0') + 13);
  for (const format of ['webp', 'gif'] as const) {
    const { body } = await renditionOf(slow, { format });
    const { delay, loop } = await sharp(body, { animated: true }).metadata();
    expect(delay?.[0]).toBe(100);
    expect(delay?.at(-1)).toBeGreaterThan(65_000);
    expect(loop).toBeGreaterThan(65_000);
  }
});

it('an animation is trimmed to what is in any frame, though one of them be plain', async () => {
  const dot = (colour: number[]) =>
    painted(60, 40, (x, y) => (x >= 20 && x < 40 && y >= 10 && y < 20 ? colour : WHITE));
  const plain = await painted(60, 40, () => WHITE);
  const trim = { threshold: 10 };
  for (const frames of [
    [plain, await dot(RED), await dot(BLUE)],
    [await dot(RED), await dot(BLUE), plain],
  ])
    expect(await shown(await animated(frames), { trim })).toMatchObject({ width: 20, height: 10, frames: 3 });
  expect(await shown(await animated([plain, plain]), { trim })).toMatchObject({ width: 60, height: 40 });
});

it('an animation in colours of its own is best where they are kept, and a GIF of it is in sRGB', async () => {
  const frames = sharp(
    await animated([await painted(60, 40, () => [200, 100, 50]), await painted(60, 40, () => GREEN)]),
    {
      animated: true,
    },
  );
  const p3 = await frames.withIccProfile('p3').webp({ lossless: true }).toBuffer();
  const first = async (body: Buffer) => [...(await sharp(body).raw().toBuffer()).subarray(0, 3)];
  const shownAs = await first(p3);
  const best = await renditionOf(p3, { format: 'best', keepIcc: true });
  expect(best.format).toBe('webp');
  for (const wishes of [{ keepIcc: true }, { keepIcc: false }]) {
    const { body } = await renditionOf(p3, { format: 'gif', ...wishes });
    const colour = await first(body);
    for (const [channel, level] of colour.entries())
      expect(Math.abs(level - (shownAs[channel] ?? 0))).toBeLessThanOrEqual(8);
  }
});

it('a thin picture that would be enlarged beyond all numbers is refused with a code', async () => {
  const thin = await painted(60_000, 1, () => RED);
  const box = { widthPx: 1_000, heightPx: 1_000, enlarge: true };
  await expect(renditionOf(thin, { ...box, fit: 'cover' })).rejects.toThrow('RENDITION_TOO_MANY_PIXELS');
  expect(await renditionOf(thin, { ...box, fit: 'contain' })).toMatchObject({ width: 1_000, height: 1_000 });
});
