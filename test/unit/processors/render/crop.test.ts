import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { GRAVITIES, type RenditionSpec } from '../../../../src/processors/pipeline.ts';
import { animated, graph, painted, RED, shown } from './pictures.ts';

/** Left and top of what a graph was cut to. */
const corner = ([left, top]: number[]) => [left, top];
const square = { widthPx: 60, heightPx: 60, fit: 'cover' } as const;

/** A grey field with a spot full of detail around one place. */
function spot(width: number, height: number, at: { x: number; y: number }): Promise<Buffer> {
  return painted(width, height, (x, y) => {
    const near = Math.abs(x - at.x) < 14 && Math.abs(y - at.y) < 14;
    if (!near) return [128, 128, 128];
    return ((x * 7 + y * 13) ^ (x * y)) % 5 < 2 ? [250, 90, 40] : [30, 60, 200];
  });
}

describe('a crop', () => {
  it.each(GRAVITIES)('at %s keeps that part', async (position) => {
    const column = position.endsWith('west') ? 0 : position.endsWith('east') ? 60 : 30;
    const row = position.startsWith('north') ? 0 : position.startsWith('south') ? 60 : 30;
    const wide = await shown(await graph(120, 60), { ...square, position });
    expect(corner(wide.at(0, 0))).toEqual([column, 0]);
    const high = await shown(await graph(60, 120), { ...square, position });
    expect(corner(high.at(0, 0))).toEqual([0, row]);
  });

  it.each(['attention', 'entropy'] as const)('by %s keeps what there is to see', async (position) => {
    const right = await shown(await spot(200, 60, { x: 170, y: 30 }), { ...square, position });
    const left = await shown(await spot(200, 60, { x: 30, y: 30 }), { ...square, position });
    const centre = await shown(await spot(200, 60, { x: 170, y: 30 }), { ...square });
    const detail = ({ pixels }: { pixels: { data: Buffer } }) =>
      pixels.data.filter((level) => level !== 128).length;
    expect([detail(right), detail(left)].every((levels) => levels > 1500)).toBe(true);
    expect(detail(centre)).toBe(0);
  });

  it('by attention, enlarged, is the part that it is at its own size', async () => {
    const wishes = { ...square, position: 'attention', enlarge: true } as const;
    const drawn = await shown(await spot(200, 60, { x: 170, y: 30 }), {
      ...wishes,
      widthPx: 240,
      heightPx: 240,
    });
    expect([drawn.width, drawn.height]).toEqual([240, 240]);
    expect(drawn.pixels.data.filter((level) => level !== 128).length).toBeGreaterThan(20_000);
  });
});

describe('a crop at the focal point', () => {
  const focal = { ...square, position: 'focal' } as const;

  it('has it in its middle, as far as the picture goes', async () => {
    const bytes = await graph(240, 60);
    for (const [x, left] of [
      [0, 0],
      [0.5, 90],
      [0.75, 150],
      [1, 180],
    ] as const) {
      expect(corner((await shown(bytes, focal, { x, y: 0.5 })).at(0, 0))).toEqual([left, 0]);
    }
  });

  it('is at the centre where none is given', async () => {
    expect(corner((await shown(await graph(240, 60), focal)).at(0, 0))).toEqual([90, 0]);
  });

  it('counts from the corner that is seen, after EXIF orientation', async () => {
    // Stored on its side: orientation 6 is turned by 90 degrees clockwise to be seen.
    const stored = sharp(
      await sharp(await graph(240, 60))
        .rotate(270)
        .png()
        .toBuffer(),
    );
    const bytes = await stored.withMetadata({ orientation: 6 }).png().toBuffer();
    expect((await sharp(bytes).metadata()).orientation).toBe(6);
    expect(corner((await shown(bytes, focal, { x: 0.75, y: 0.5 })).at(0, 0))).toEqual([150, 0]);
  });

  it('stays on what it was on when the picture is trimmed, turned and mirrored', async () => {
    const bytes = await painted(300, 100, (x, y) =>
      x < 40 ? [255, 255, 255] : x >= 200 && x < 220 && y >= 40 && y < 60 ? RED : [0, 0, x & 3],
    );
    const point = { x: 210 / 300, y: 0.5 };
    const all: readonly Partial<RenditionSpec>[] = [
      { trim: { threshold: 20 } },
      { rotate: 90 },
      { rotate: 180 },
      { rotate: 270, flop: true },
      { flip: true, flop: true },
      { trim: { threshold: 20 }, rotate: 30 },
    ];
    for (const wishes of all) {
      const drawn = await shown(bytes, { ...focal, widthPx: 40, heightPx: 40, ...wishes }, point);
      // Along the side that was cut; across it all is shown.
      const upright = (wishes.rotate ?? 0) % 180 === 90;
      const places: number[] = [];
      for (let y = 0; y < 40; y++) {
        for (let x = 0; x < 40; x++) {
          const [red = 0, green = 0] = drawn.at(x, y);
          if (red > 180 && green < 60) places.push(upright ? y : x);
        }
      }
      const middle = places.reduce((sum, place) => sum + place, 0) / places.length;
      expect(Math.abs(middle - 19.5), JSON.stringify(wishes)).toBeLessThan(1.5);
    }
  });
});

describe('a crop of an animation', () => {
  it.each([
    ['attention', undefined],
    ['entropy', undefined],
    ['focal', { x: 0.9, y: 0.5 }],
    ['west', undefined],
  ] as const)('by %s cuts all frames alike, as the first asks for', async (position, point) => {
    const [first, second] = [await spot(200, 60, { x: 170, y: 30 }), await spot(200, 60, { x: 30, y: 30 })];
    const moving = await shown(await animated([first, second]), { ...square, position }, point);
    expect([moving.width, moving.height, moving.frames]).toEqual([60, 60, 2]);
    for (const [frame, bytes] of [first, second].entries()) {
      const alone = await shown(first, { ...square, position }, point);
      const left = position === 'west' ? 0 : 140 - offset(alone);
      const { at } = await shown(
        await sharp(bytes).extract({ left, top: 0, width: 60, height: 60 }).toBuffer(),
        {},
      );
      for (let x = 0; x < 60; x++) {
        expect(moving.at(x, 30, frame).slice(0, 3), `frame ${frame}, column ${x}`).toEqual(at(x, 30));
      }
    }
  });

  /** How far left of the right edge the crop is: where the spot of 157 to 184 begins in it. */
  function offset({ at }: { at: (x: number, y: number) => number[] }): number {
    for (let x = 0; x < 60; x++) if (at(x, 30)[0] !== 128) return x - 17;
    throw new Error('the spot is not in it');
  }
});
