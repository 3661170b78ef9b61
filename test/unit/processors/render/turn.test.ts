import { describe, expect, it } from 'vitest';
import {
  animated,
  BLUE,
  difference,
  GREEN,
  graph,
  painted,
  quarters,
  RED,
  shown,
  WHITE,
} from './pictures.ts';

/** Colours of the four corners: left and right above, left and right below. */
function corners({ at, width, height }: Awaited<ReturnType<typeof shown>>, frame = 0) {
  const [right, bottom] = [width - 3, height - 3];
  return [at(2, 2, frame), at(right, 2, frame), at(2, bottom, frame), at(right, bottom, frame)].map((pixel) =>
    pixel.slice(0, 3),
  );
}

describe('a turned picture', () => {
  it.each([
    [90, [50, 100], [BLUE, RED, WHITE, GREEN]],
    [180, [100, 50], [WHITE, BLUE, GREEN, RED]],
    [270, [50, 100], [GREEN, WHITE, RED, BLUE]],
    [-90, [50, 100], [GREEN, WHITE, RED, BLUE]],
    [450, [50, 100], [BLUE, RED, WHITE, GREEN]],
  ])(
    'by %i degrees is turned clockwise, before it gets into its box',
    async (rotate, [width = 0, height = 0], colours) => {
      const drawn = await shown(await quarters(200, 100), { rotate, widthPx: width, heightPx: height });
      expect([drawn.width, drawn.height]).toEqual([width, height]);
      expect(corners(drawn)).toEqual(colours);
    },
  );

  it('by a free angle leaves corners of background', async () => {
    const drawn = await shown(await quarters(200, 200), { rotate: 45, background: '#102030' });
    expect([drawn.width, drawn.height]).toEqual([283, 283]);
    expect(corners(drawn)).toEqual(Array(4).fill([16, 32, 48]));
    // The left upper quarter is at the top.
    expect([drawn.at(141, 20), drawn.at(262, 141), drawn.at(20, 141), drawn.at(141, 262)]).toEqual([
      RED,
      GREEN,
      BLUE,
      WHITE,
    ]);
    expect(drawn.hasAlpha).toBe(false);
  });

  it('by a free angle leaves transparent corners when the background is', async () => {
    const drawn = await shown(await quarters(200, 200), {
      rotate: 45,
      background: '#10203000',
      widthPx: 100,
    });
    expect([drawn.width, drawn.height, drawn.hasAlpha]).toEqual([100, 100, true]);
    expect([drawn.at(2, 2)[3], drawn.at(97, 97)[3], drawn.at(50, 8)]).toEqual([0, 0, [255, 0, 0, 255]]);
  });
});

describe('a mirrored picture', () => {
  it.each([
    [{ flip: true }, [BLUE, WHITE, RED, GREEN]],
    [{ flop: true }, [GREEN, RED, WHITE, BLUE]],
    [{ flip: true, flop: true }, [WHITE, BLUE, GREEN, RED]],
    [{ rotate: 90, flip: true }, [WHITE, GREEN, BLUE, RED]],
  ])('%j, after it was turned', async (wishes, colours) => {
    expect(corners(await shown(await quarters(100, 100), { ...wishes, widthPx: 50 }))).toEqual(colours);
  });

  it('is cropped as it is seen', async () => {
    const drawn = await shown(await graph(120, 60), {
      flop: true,
      fit: 'cover',
      position: 'west',
      widthPx: 60,
      heightPx: 60,
    });
    expect([drawn.at(0, 0)[0], drawn.at(59, 0)[0]]).toEqual([119, 60]);
  });
});

describe('a trimmed picture', () => {
  /** A graph of 60 × 40 in a frame that is nearly white. */
  const framed = () =>
    painted(120, 100, (x, y) => {
      const inside = x >= 30 && x < 90 && y >= 20 && y < 60;
      return inside ? [x, y, 0] : [250 + ((x + y) % 5), 250, 250];
    });

  it('loses its edges, and its box is filled by what is left', async () => {
    const own = await shown(await framed(), { trim: { threshold: 10 } });
    expect([own.width, own.height]).toEqual([60, 40]);
    expect([own.at(0, 0), own.at(59, 39)]).toEqual([
      [30, 20, 0],
      [89, 59, 0],
    ]);
    const boxed = await shown(await framed(), { trim: { threshold: 10 }, widthPx: 30, heightPx: 30 });
    expect([boxed.width, boxed.height]).toEqual([30, 20]);
  });

  it('keeps edges that are less alike than that', async () => {
    const speckled = await painted(60, 60, (x, y) => {
      if (x >= 20 && x < 40 && y >= 20 && y < 40) return RED;
      return ((x >> 2) + (y >> 2)) % 2 === 0 ? [200, 200, 200] : [230, 230, 230];
    });
    expect((await shown(speckled, { trim: { threshold: 10 } })).width).toBe(60);
    expect((await shown(speckled, { trim: { threshold: 40 } })).width).toBe(20);
  });

  it.each([
    ['is all alike', 50, 40],
    ['has one pixel', 1, 1],
    ['is a line', 1, 40],
  ])('stays as it is when it %s', async (_what, width, height) => {
    const drawn = await shown(await painted(width, height, () => GREEN), { trim: { threshold: 10 } });
    expect([drawn.width, drawn.height]).toEqual([width, height]);
  });

  it('loses transparent edges', async () => {
    const bytes = await painted(80, 80, (x, y) =>
      x >= 10 && x < 50 && y >= 30 && y < 70 ? [200, 30, 30, 255] : [0, 0, 0, 0],
    );
    const drawn = await shown(bytes, { trim: { threshold: 10 } });
    expect([drawn.width, drawn.height, drawn.at(0, 0)]).toEqual([40, 40, [200, 30, 30, 255]]);
  });

  it('of many frames loses what is alike in all of them', async () => {
    const block = (left: number) =>
      painted(100, 60, (x, y) => (x >= left && x < left + 20 && y >= 20 && y < 40 ? BLUE : WHITE));
    const drawn = await shown(await animated([await block(10), await block(60)]), {
      trim: { threshold: 10 },
    });
    expect([drawn.width, drawn.height, drawn.frames]).toEqual([70, 20, 2]);
    expect(drawn.at(5, 10, 0).slice(0, 3)).toEqual(BLUE);
    expect(drawn.at(55, 10, 1).slice(0, 3)).toEqual(BLUE);
    expect(drawn.at(5, 10, 1).slice(0, 3)).toEqual(WHITE);
  });
});

describe('an animation', () => {
  it.each([
    [{ rotate: 90 }, [BLUE, RED, WHITE, GREEN], [GREEN, WHITE, RED, BLUE]],
    [{ flip: true }, [BLUE, WHITE, RED, GREEN], [GREEN, RED, WHITE, BLUE]],
    [{ flop: true }, [GREEN, RED, WHITE, BLUE], [BLUE, WHITE, RED, GREEN]],
  ])('is turned frame by frame, in their order: %j', async (wishes, first, second) => {
    const upside = await painted(40, 40, (x, y) => (y < 20 ? (x < 20 ? WHITE : BLUE) : x < 20 ? GREEN : RED));
    const drawn = await shown(await animated([await quarters(40, 40), upside]), wishes);
    expect([drawn.frames, drawn.timing]).toEqual([2, { delay: [100, 100], loop: 2 }]);
    expect(corners(drawn, 0)).toEqual(first);
    expect(corners(drawn, 1)).toEqual(second);
  });

  it('is turned by a free angle too', async () => {
    const drawn = await shown(await animated([await quarters(40, 40), await painted(40, 40, () => RED)]), {
      rotate: 45,
    });
    expect(drawn.frames).toBe(2);
    for (const frame of [0, 1]) expect(difference(drawn.at(28, 6, frame).slice(0, 3), RED)).toBeLessThan(3);
  });
});
