import { describe, expect, it } from 'vitest';
import { animated, BLACK, BLUE, difference, painted, quarters, RED, shown, WHITE } from './pictures.ts';

/** Black on the left, white on the right. */
const edge = (width = 100, height = 20) => painted(width, height, (x) => (x < width / 2 ? BLACK : WHITE));
const levels = (drawn: Awaited<ReturnType<typeof shown>>, y = 10) =>
  Array.from({ length: drawn.width }, (_, x) => drawn.at(x, y)[0] ?? 0);

describe('grayscale', () => {
  it('leaves the brightness of red, green and blue', async () => {
    const drawn = await shown(await quarters(40, 40), { grayscale: true });
    expect([drawn.at(2, 2), drawn.at(37, 2), drawn.at(2, 37), drawn.at(37, 37)]).toEqual([
      [54, 54, 54],
      [182, 182, 182],
      [18, 18, 18],
      WHITE,
    ]);
  });

  it('keeps transparency, and what stands around in colour', async () => {
    const drawn = await shown(await painted(40, 40, () => [255, 0, 0, 128]), {
      grayscale: true,
      pad: { topPx: 5, rightPx: 0, bottomPx: 0, leftPx: 0 },
      background: '#0000ff',
    });
    const [red, green, blue, alpha] = drawn.at(20, 20);
    expect([green, blue, alpha]).toEqual([red, red, 128]);
    expect(drawn.at(20, 2)).toEqual([...BLUE, 255]);
  });
});

describe('blur', () => {
  it('makes an edge as wide as its sigma says', async () => {
    const rising = levels(await shown(await edge(), { blur: 4 }));
    // A Gaussian's step: 16 % one sigma before the edge, 84 % one sigma behind.
    expect(Math.abs((rising[45] ?? 0) / 255 - 0.13)).toBeLessThan(0.04);
    expect(Math.abs((rising[54] ?? 0) / 255 - 0.87)).toBeLessThan(0.04);
    expect([rising[20], rising[80]]).toEqual([0, 255]);
  });

  it('by any sigma that is allowed, on any size', async () => {
    for (const blur of [0.3, 1000]) {
      for (const [width, height] of [
        [100, 20],
        [1, 1],
      ]) {
        const drawn = await shown(await edge(width, height), { blur });
        expect([drawn.width, drawn.height]).toEqual([width, height]);
      }
    }
    const flat = levels(await shown(await edge(), { blur: 1000 }));
    expect(Math.max(...flat) - Math.min(...flat)).toBeLessThan(16);
  });
});

describe('sharpen', () => {
  it('makes an edge steeper, and leaves what is flat', async () => {
    const soft = await painted(100, 20, (x) =>
      Array(3).fill(Math.min(200, Math.max(50, 50 + (x - 45) * 15))),
    );
    const [before, after] = [levels(await shown(soft, {})), levels(await shown(soft, { sharpen: 2 }))];
    const steepest = (row: number[]) => Math.max(...row.slice(1).map((level, x) => level - (row[x] ?? 0)));
    expect(steepest(after)).toBeGreaterThan(steepest(before) + 3);
    expect(Math.min(...after)).toBeLessThan(50);
    expect([after[5], after[95]]).toEqual([before[5], before[95]]);
  });
});

describe('pad', () => {
  it('puts background around the box', async () => {
    const drawn = await shown(await quarters(40, 40), {
      widthPx: 20,
      pad: { topPx: 1, rightPx: 2, bottomPx: 3, leftPx: 4 },
      background: '#102030',
    });
    expect([drawn.width, drawn.height, drawn.hasAlpha]).toEqual([26, 24, false]);
    for (const [x, y] of [
      [4, 0],
      [24, 10],
      [10, 21],
      [3, 10],
    ] as const) {
      expect(drawn.at(x, y)).toEqual([16, 32, 48]);
    }
    expect([drawn.at(5, 2), drawn.at(22, 19)]).toEqual([RED, WHITE]);
  });

  it('adds to the margins of contain', async () => {
    const drawn = await shown(await quarters(40, 20), {
      fit: 'contain',
      widthPx: 40,
      heightPx: 40,
      pad: { topPx: 5, rightPx: 0, bottomPx: 0, leftPx: 0 },
      background: '#00000080',
    });
    expect([drawn.width, drawn.height, drawn.hasAlpha]).toEqual([40, 45, true]);
    expect([drawn.at(2, 14)[3], drawn.at(2, 16)]).toEqual([128, [...RED, 255]]);
  });
});

describe('the frames of an animation', () => {
  const both = async () => animated([await painted(40, 40, () => BLACK), await painted(40, 40, () => WHITE)]);

  it('do not run into each other when blurred or sharpened', async () => {
    for (const wishes of [{ blur: 5 }, { sharpen: 2 }, { blur: 5, widthPx: 20 }]) {
      const drawn = await shown(await both(), wishes);
      expect(drawn.frames).toBe(2);
      expect(difference(drawn.at(5, drawn.height - 1, 0), BLACK)).toBe(0);
      expect(difference(drawn.at(5, 0, 1).slice(0, 3), WHITE)).toBe(0);
    }
  });

  it('each get their pad and grey, and keep their time', async () => {
    const bytes = await animated([await quarters(40, 40), await painted(40, 40, () => BLUE)]);
    const drawn = await shown(bytes, {
      grayscale: true,
      pad: { topPx: 4, rightPx: 0, bottomPx: 4, leftPx: 0 },
      background: '#ff0000',
    });
    expect([drawn.width, drawn.height, drawn.frames]).toEqual([40, 48, 2]);
    expect(drawn.timing).toEqual({ delay: [100, 100], loop: 2 });
    for (const frame of [0, 1]) {
      expect([drawn.at(5, 0, frame).slice(0, 3), drawn.at(5, 47, frame).slice(0, 3)]).toEqual([RED, RED]);
      const [red, green, blue] = drawn.at(2, 24, frame);
      expect([green, blue]).toEqual([red, red]);
    }
  });

  it.each([
    [{ frames: 'first' as const }],
    [{ format: 'jpeg' as const }],
    [{ format: 'png' as const, blur: 1 }],
    [{ format: 'avif' as const, fit: 'cover' as const, widthPx: 20, heightPx: 10 }],
  ])('are left out, but for the first: %j', async (wishes) => {
    const drawn = await shown(await both(), wishes);
    expect([drawn.frames, drawn.timing, drawn.pixels.height]).toEqual([1, undefined, drawn.height]);
    expect(drawn.at(5, 5).slice(0, 3)).toEqual(BLACK);
  });
});
