import { describe, expect, it } from 'vitest';
import { BLUE, difference, GREEN, graph, painted, quarters, RED, shown, WHITE } from './pictures.ts';

const sides = ({ width, height }: { width: number; height: number }) => [width, height];
const box = { widthPx: 60, heightPx: 60 };

describe('a picture in its box', () => {
  it('inside: all of it, in its proportions', async () => {
    const drawn = await shown(await quarters(200, 100), { ...box });
    expect(sides(drawn)).toEqual([60, 30]);
    expect([drawn.at(2, 2), drawn.at(57, 2), drawn.at(2, 27), drawn.at(57, 27)]).toEqual([
      RED,
      GREEN,
      BLUE,
      WHITE,
    ]);
  });

  it('cover: fills the box, cut at both sides alike', async () => {
    const drawn = await shown(await graph(200, 100), { widthPx: 100, heightPx: 100, fit: 'cover' });
    expect(sides(drawn)).toEqual([100, 100]);
    expect([drawn.at(0, 0), drawn.at(99, 99)]).toEqual([
      [50, 0, 0],
      [149, 99, 0],
    ]);
  });

  it('contain: all of it, with background in the rest of the box', async () => {
    const drawn = await shown(await quarters(200, 100), { ...box, fit: 'contain', background: '#102030' });
    expect(sides(drawn)).toEqual([60, 60]);
    expect(drawn.hasAlpha).toBe(false);
    expect([drawn.at(30, 14), drawn.at(30, 45)]).toEqual([
      [16, 32, 48],
      [16, 32, 48],
    ]);
    expect([drawn.at(2, 17), drawn.at(57, 42)]).toEqual([RED, WHITE]);
  });

  it('contain: where the gravity says, on background that may be transparent', async () => {
    const drawn = await shown(await quarters(200, 100), {
      ...box,
      fit: 'contain',
      position: 'south',
      background: '#ff000080',
    });
    expect(drawn.hasAlpha).toBe(true);
    expect([drawn.at(30, 0), drawn.at(30, 29), drawn.at(2, 32)]).toEqual([
      [255, 0, 0, 128],
      [255, 0, 0, 128],
      [255, 0, 0, 255],
    ]);
  });

  it('fill: stretched', async () => {
    const drawn = await shown(await quarters(200, 100), { ...box, fit: 'fill' });
    expect(sides(drawn)).toEqual([60, 60]);
    expect([drawn.at(2, 2), drawn.at(57, 2), drawn.at(2, 57), drawn.at(57, 57)]).toEqual([
      RED,
      GREEN,
      BLUE,
      WHITE,
    ]);
  });

  it.each(['inside', 'cover', 'fill'] as const)('%s: a small picture stays small', async (fit) => {
    const drawn = await shown(await graph(30, 20), { ...box, fit });
    expect(sides(drawn)).toEqual([30, 20]);
    expect(drawn.at(29, 19)).toEqual([29, 19, 0]);
  });

  it.each([
    ['inside', [60, 40]],
    ['cover', [60, 60]],
    ['contain', [60, 60]],
    ['fill', [60, 60]],
  ] as const)('%s: a small picture is made larger when asked', async (fit, size) => {
    expect(sides(await shown(await graph(30, 20), { ...box, fit, enlarge: true }))).toEqual(size);
  });

  it('with one side: the other follows, whatever the fit', async () => {
    for (const fit of ['inside', 'cover', 'contain', 'fill'] as const) {
      expect(sides(await shown(await graph(200, 100), { widthPx: 60, fit }))).toEqual([60, 30]);
      expect(sides(await shown(await graph(200, 100), { heightPx: 25, fit }))).toEqual([50, 25]);
    }
  });

  it('with none: its own size, pixel for pixel', async () => {
    const drawn = await shown(await graph(200, 100), {});
    expect(sides(drawn)).toEqual([200, 100]);
    expect(drawn.at(123, 45)).toEqual([123, 45, 0]);
  });

  it('keeps what is transparent transparent, without a seam of what is behind', async () => {
    const bytes = await painted(100, 100, (x) => (x < 50 ? [255, 0, 0, 255] : [0, 255, 0, 0]));
    const drawn = await shown(bytes, { widthPx: 33 });
    expect(drawn.hasAlpha).toBe(true);
    expect([drawn.at(2, 2), drawn.at(30, 2)[3]]).toEqual([[255, 0, 0, 255], 0]);
    for (let x = 0; x < 33; x++) {
      const pixel = drawn.at(x, 10);
      if ((pixel[3] ?? 0) > 8) expect(difference(pixel.slice(0, 3), RED)).toBeLessThan(16);
    }
  });
});

describe('a thin picture that would be made huge', () => {
  it.each([
    ['by enlarging', { widthPx: 1000, enlarge: true }],
    ['by its pad', { pad: { topPx: 70_000, rightPx: 0, bottomPx: 0, leftPx: 0 } }],
  ])('is refused before it is drawn: %s', async (_what, wishes) => {
    const refused = shown(await graph(2, 200), wishes);
    await expect(refused).rejects.toMatchObject({ outcome: 'rejected', code: 'RENDITION_TOO_MANY_PIXELS' });
  });

  it('is refused before it is turned', async () => {
    const bytes = await painted(60_000, 2, () => RED);
    await expect(shown(bytes, { rotate: 45 })).rejects.toMatchObject({ code: 'RENDITION_TOO_MANY_PIXELS' });
    expect(sides(await shown(bytes, { rotate: 45, widthPx: 64, heightPx: 64 }))).toEqual([64, 64]);
  });

  it('is cut, where that leaves a box', async () => {
    const drawn = await shown(await painted(20_000, 2, (x) => (x < 10_000 ? RED : BLUE)), {
      widthPx: 64,
      heightPx: 64,
      fit: 'cover',
      enlarge: true,
    });
    expect(sides(drawn)).toEqual([64, 64]);
    expect([drawn.at(0, 32), drawn.at(63, 32)]).toEqual([RED, BLUE]);
  });
});
