import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkWatermarks } from '../../../../src/processors/drawing/watermark.ts';
import { createDarkroom, DEFAULT_LIMITS } from '../../../../src/processors/index.ts';
import type { Watermark } from '../../../../src/processors/pipeline.ts';
import { animated, BLUE, difference, painted, RED, type Shown, shown, specOf, WHITE } from './pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'watermark-test-'));
const red = join(folder, 'red.png');
const root = join(import.meta.dirname, '..', '..', '..', '..');
beforeAll(async () => writeFileSync(red, await painted(40, 20, () => RED)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const style = { position: 'southeast', opacity: 1, scale: 0.2, marginPx: 0, tiled: false } as const;
const file = (wishes: Partial<Watermark> = {}): Watermark =>
  ({ image: red, ...style, ...wishes }) as Watermark;
const words = (wishes: Partial<Watermark> = {}): Watermark =>
  ({ text: 'Proof', colour: '#0000ff', font: 'sans', ...style, scale: 0.8, ...wishes }) as Watermark;
const blank = (width = 200, height = 100) => painted(width, height, () => WHITE);

/** The rectangle of pixels that are not as the picture was. */
function changed({ at, width, height }: Shown, was: number[] = WHITE, frame = 0) {
  const box = { left: width, top: height, right: -1, bottom: -1, pixels: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (difference(was, at(x, y, frame)) < 8) continue;
      box.left = Math.min(box.left, x);
      box.top = Math.min(box.top, y);
      box.right = Math.max(box.right, x);
      box.bottom = Math.max(box.bottom, y);
      box.pixels++;
    }
  }
  return box;
}

describe('an image as watermark', () => {
  it.each([
    ['northwest', [5, 5]],
    ['centre', [90, 45]],
    ['southeast', [175, 85]],
    ['north', [90, 5]],
  ] as const)(
    'stands at %s, a part of the shorter side long, off the edges',
    async (position, [left, top]) => {
      const drawn = await shown(await blank(), { watermark: file({ position, marginPx: 5 }) });
      const box = changed(drawn);
      expect(box).toEqual({ left, top, right: left + 19, bottom: top + 9, pixels: 200 });
      expect(drawn.at(left, top)).toEqual(RED);
      expect(drawn.hasAlpha).toBe(false);
    },
  );

  it('is as opaque as it is told to be', async () => {
    const drawn = await shown(await blank(), { watermark: file({ opacity: 0.25 }) });
    expect(difference(drawn.at(199, 99), [255, 191, 191])).toBeLessThanOrEqual(1);
  });

  it('shows through where the file is transparent', async () => {
    const half = join(folder, 'half.png');
    writeFileSync(half, await painted(20, 20, (x) => (x < 10 ? [0, 0, 255, 255] : [0, 0, 255, 0])));
    const drawn = await shown(await blank(), { watermark: file({ image: half }) });
    expect(changed(drawn)).toMatchObject({ left: 180, right: 189 });
  });

  it('lies on what is transparent', async () => {
    const bytes = await painted(100, 100, () => [0, 255, 0, 0]);
    const drawn = await shown(bytes, { watermark: file() });
    expect([drawn.hasAlpha, drawn.at(99, 99), drawn.at(0, 0)[3]]).toEqual([true, [...RED, 255], 0]);
  });

  it('lies over the pad, in colour over grey', async () => {
    const drawn = await shown(await blank(), {
      grayscale: true,
      pad: { topPx: 0, rightPx: 0, bottomPx: 20, leftPx: 0 },
      watermark: file({ position: 'southwest' }),
    });
    expect([drawn.height, drawn.at(0, 119)]).toEqual([120, RED]);
  });

  it('tiled repeats from where it stands, with gaps, up to all edges', async () => {
    const drawn = await shown(await blank(), {
      watermark: file({ tiled: true, position: 'centre', marginPx: 10 }),
    });
    for (let y = 0; y < 100; y++) {
      for (let x = 0; x < 200; x++) {
        const marked = (x + 300 - 90) % 30 < 20 && (y + 200 - 45) % 20 < 10;
        if (difference(drawn.at(x, y), marked ? RED : WHITE) > 0) expect.fail(`differs at ${x}, ${y}`);
      }
    }
  });

  it.each([
    [1, 1],
    [1, 60],
    [3, 2],
  ])('fits on a picture of %i × %i', async (width, height) => {
    for (const tiled of [false, true]) {
      const watermark = file({ tiled, scale: 1, marginPx: 20 });
      const drawn = await shown(await blank(width, height), { watermark });
      expect([drawn.width, drawn.height]).toEqual([width, height]);
      expect(changed(drawn).pixels).toBeGreaterThan(0);
    }
  });

  it('looks the same whether its size was drawn before or not', async () => {
    const watermark = file({ scale: 1, position: 'centre' });
    const sizes = [1200, 40, 1300, 1100, 1200, 40];
    const marks: Shown[] = [];
    for (const size of sizes) marks.push(await shown(await blank(size, size), { watermark }));
    for (const { at, width } of marks) {
      expect([at(0, width / 2), at(width - 1, width / 4 + 1), at(0, width / 4 - 2)]).toEqual([
        RED,
        RED,
        WHITE,
      ]);
    }
    expect(marks[4]?.pixels.data.equals(marks[0]?.pixels.data ?? Buffer.alloc(0))).toBe(true);
  });

  it('lies on each frame of an animation', async () => {
    const bytes = await animated([await blank(80, 40), await painted(80, 40, () => BLUE)]);
    const drawn = await shown(bytes, { watermark: file({ scale: 0.5 }) });
    expect(drawn.frames).toBe(2);
    for (const [frame, was] of [WHITE, BLUE].entries()) {
      expect(changed(drawn, was, frame)).toEqual({ left: 60, top: 30, right: 79, bottom: 39, pixels: 200 });
    }
  });

  it('need not be of a format that images may have', async () => {
    const room = createDarkroom({
      workers: 1,
      deadlineMs: 30_000,
      workerMemoryBytes: 1024 ** 3,
      limits: { ...DEFAULT_LIMITS, formats: ['jpeg'] },
      pipelines: [{ name: 'marked', version: 1, steps: [], renditions: [specOf({ watermark: file() })] }],
    });
    try {
      const result = await room.develop(
        await sharp(await blank())
          .jpeg()
          .toBuffer(),
        {},
      );
      if (result.outcome !== 'processed') throw new Error(result.reason);
      const [rendition] = result.renditions;
      const { data, info } = await sharp(rendition?.body).raw().toBuffer({ resolveWithObject: true });
      const [level = 0, green = 255] = data.subarray(data.length - info.channels);
      expect(level - green).toBeGreaterThan(200);
    } finally {
      await room.close();
    }
  }, 30_000);
});

describe('words as watermark', () => {
  it('are written in their colour, as long as they may be', async () => {
    const drawn = await shown(await blank(), { watermark: words({ position: 'centre' }) });
    const box = changed(drawn);
    expect(box.right - box.left + 1).toBeGreaterThanOrEqual(76);
    expect(box.right - box.left + 1).toBeLessThanOrEqual(80);
    expect(Math.abs(box.left + box.right - 199)).toBeLessThanOrEqual(4);
    // Strokes, not a block.
    expect(box.pixels).toBeLessThan(0.8 * (box.right - box.left + 1) * (box.bottom - box.top + 1));
    const blues = Array.from({ length: 200 * 100 }, (_, at) => drawn.at(at % 200, Math.floor(at / 200)));
    expect(blues.some((pixel) => difference(pixel, BLUE) < 12)).toBe(true);
    expect(blues.every(([r = 0, g = 0, b = 0]) => b > 245 && Math.abs(r - g) < 4)).toBe(true);
  });

  it('are taken as they are, signs of markup too', async () => {
    const [written, escaped] = [
      await shown(await blank(), { watermark: words({ text: '<b>A & B</b>' }) }),
      await shown(await blank(), { watermark: words({ text: 'A & B' }) }),
    ];
    expect(changed(written)).not.toEqual(changed(escaped));
  });

  it('are written in their font', async () => {
    const [plain, bold] = [
      await shown(await blank(), { watermark: words() }),
      await shown(await blank(), { watermark: words({ font: 'sans bold' }) }),
    ];
    expect(plain.pixels.data.equals(bold.pixels.data)).toBe(false);
  });

  it('have the opacity of their colour and their own', async () => {
    const watermark = words({ text: '■', colour: '#0000ff80', opacity: 0.5, position: 'centre' });
    const drawn = await shown(await blank(), { watermark });
    expect(difference(drawn.at(100, 50), [191, 191, 255])).toBeLessThan(6);
  });
});

describe('a watermark that cannot be drawn', () => {
  const pipelines = (watermark: Watermark) => [
    { name: 'marked', version: 1, steps: [], renditions: [specOf({ watermark })] },
  ];

  it('is told at the start', async () => {
    await expect(checkWatermarks(pipelines(file()))).resolves.toBeUndefined();
    await expect(checkWatermarks(pipelines(words()))).resolves.toBeUndefined();
    const missing = checkWatermarks(pipelines(file({ image: join(folder, 'none.png') })));
    await expect(missing).rejects.toMatchObject({ code: 'WATERMARK_UNREADABLE', disposition: 'fail' });
    await expect(missing).rejects.toThrow(/none\.png/);
    const empty = checkWatermarks(pipelines(words({ text: '  ' })));
    await expect(empty).rejects.toMatchObject({ code: 'WATERMARK_UNREADABLE' });
  });

  it('for want of a font, says so, and writes no empty boxes', () => {
    const fonts = join(folder, 'fonts.conf');
    writeFileSync(
      fonts,
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
      <fontconfig><dir>${folder}/none</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
    );
    const script = `
      import { checkWatermarks } from './src/processors/drawing/watermark.ts';
      const pipelines = ${JSON.stringify(pipelines(words()))};
      await checkWatermarks(pipelines).catch(({ code, message }) => console.log(code, message));`;
    const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      cwd: root,
      env: { ...process.env, FONTCONFIG_FILE: fonts },
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(run.stdout).toMatch(/^FONT_MISSING .*fonts-dejavu-core/);
  }, 30_000);
});
