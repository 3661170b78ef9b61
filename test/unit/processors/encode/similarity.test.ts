import { describe, expect, it } from 'vitest';
import { type Luma, lumaOf, similarity } from '../../../../src/processors/encoding/similarity.ts';

const picture = (width: number, height: number, at: (x: number, y: number) => number): Luma => ({
  data: Float32Array.from({ length: width * height }, (_, index) =>
    at(index % width, Math.floor(index / width)),
  ),
  width,
  height,
});
const waves = (x: number, y: number) => 128 + 60 * Math.sin(x / 3) + 40 * Math.cos(y / 5);

/** SSIM as its definition has it, window by window. */
function slowly(a: Luma, b: Luma): number {
  let total = 0;
  let windows = 0;
  for (let top = 0; top + 8 <= a.height; top += 4) {
    for (let left = 0; left + 8 <= a.width; left += 4) {
      const cut = ({ data, width }: Luma) =>
        Array.from({ length: 64 }, (_, i) => data[(top + Math.floor(i / 8)) * width + left + (i % 8)] ?? 0);
      const [one, other] = [cut(a), cut(b)];
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const [ma, mb] = [mean(one), mean(other)];
      const together = (v: number[], mv: number, w: number[], mw: number) =>
        mean(v.map((value, i) => (value - mv) * ((w[i] ?? 0) - mw)));
      const [c1, c2] = [6.5025, 58.5225];
      total +=
        ((2 * ma * mb + c1) * (2 * together(one, ma, other, mb) + c2)) /
        ((ma ** 2 + mb ** 2 + c1) * (together(one, ma, one, ma) + together(other, mb, other, mb) + c2));
      windows += 1;
    }
  }
  return total / windows;
}

describe('similarity', () => {
  it('is the mean SSIM over windows of 8 × 8 every 4 pixels', () => {
    const a = picture(64, 40, waves);
    const b = picture(64, 40, (x, y) => waves(x, y) * 0.8 + ((x * 7 + y * 13) % 23));
    expect(similarity(a, b)).toBeCloseTo(slowly(a, b), 6);
    expect(similarity(a, b)).toBeLessThan(0.97);
  });

  it('is 1 for equal pictures, of any size', () => {
    for (const [width, height] of [
      [1, 1],
      [3, 200],
      [7, 7],
      [8, 9],
      [63, 21],
    ] as const) {
      const a = picture(width, height, waves);
      expect(similarity(a, a)).toBeCloseTo(1, 9);
    }
  });

  it('sees the last rows and columns, which fill no window of their own', () => {
    const a = picture(18, 18, waves);
    expect(
      similarity(
        a,
        picture(18, 18, (x, y) => (x === 17 ? 0 : waves(x, y))),
      ),
    ).toBeLessThan(0.99);
    expect(
      similarity(
        a,
        picture(18, 18, (x, y) => (y === 17 ? 0 : waves(x, y))),
      ),
    ).toBeLessThan(0.99);
  });

  it('falls with noise, and is below 0 for a negative', () => {
    const a = picture(64, 64, waves);
    const noisy = (amount: number) =>
      picture(64, 64, (x, y) => waves(x, y) + amount * (((x * 31 + y * 17) % 11) - 5));
    expect(similarity(a, noisy(1))).toBeGreaterThan(similarity(a, noisy(4)));
    expect(
      similarity(
        a,
        picture(64, 64, (x, y) => 255 - waves(x, y)),
      ),
    ).toBeLessThan(0);
  });

  it('refuses pictures of different sizes', () => {
    expect(() => similarity(picture(8, 9, waves), picture(9, 8, waves))).toThrow(/8 × 9 and 9 × 8/);
  });
});

describe('lumaOf', () => {
  it('weighs the colours as BT.601 does', () => {
    const { data } = lumaOf({
      data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255),
      width: 3,
      height: 1,
      channels: 3,
    });
    expect([...data].map((value) => Math.round(value))).toEqual([76, 150, 29]);
  });

  it('lays transparency over the colour behind it, middle grey if none is said', () => {
    const clear = { data: Uint8Array.of(255, 255, 255, 0), width: 1, height: 1, channels: 4 };
    expect(lumaOf(clear).data[0]).toBeCloseTo(128, 3);
    expect(lumaOf(clear, '#ff0000').data[0]).toBeCloseTo(76.245, 3);
    expect(lumaOf({ data: Uint8Array.of(200, 255), width: 1, height: 1, channels: 2 }).data[0]).toBe(200);
  });

  it('averages what is longer than 512 pixels, edges by their own number of pixels', () => {
    const width = 1025;
    const data = Uint8Array.from({ length: width * 2 }, (_, index) => ((index % width) % 3 === 0 ? 90 : 30));
    const small = lumaOf({ data, width, height: 2, channels: 1 });
    expect([small.width, small.height]).toEqual([342, 1]);
    expect(small.data[0]).toBeCloseTo(50, 4);
    // 1025 = 341 × 3 + 2: the last has 90 and 30 only
    expect(small.data[341]).toBeCloseTo(60, 4);
  });

  it('looks at the first frame only', () => {
    expect(lumaOf({ data: Uint8Array.of(10, 20, 200, 210), width: 2, height: 1, channels: 1 }).data).toEqual(
      Float32Array.of(10, 20),
    );
  });
});
