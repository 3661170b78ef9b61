import { describe, expect, it } from 'vitest';
import { highestQuality, lowestQuality } from '../../../../src/processors/encoding/quality-search.ts';

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

function counted() {
  const tried: number[] = [];
  const attempt = async (quality: number) => {
    tried.push(quality);
    return quality;
  };
  return { tried, attempt };
}

describe('lowestQuality', () => {
  it('finds every one of a hundred, in seven tries at most, each tried once', async () => {
    for (const wanted of hundred) {
      const { tried, attempt } = counted();
      const found = await lowestQuality(hundred, attempt, (quality) => quality >= wanted);
      expect(found).toEqual({ quality: wanted, result: wanted, reached: true });
      expect(tried.length).toBeLessThanOrEqual(7);
      expect(new Set(tried).size).toBe(tried.length);
    }
  });

  it('gives the highest, not reached, where none passes', async () => {
    const { tried, attempt } = counted();
    expect(await lowestQuality(hundred, attempt, () => false)).toEqual({
      quality: 100,
      result: 100,
      reached: false,
    });
    expect(tried.length).toBeLessThanOrEqual(7);
  });

  it('ends early when it cannot be won any more', async () => {
    const { tried, attempt } = counted();
    expect(
      await lowestQuality(
        hundred,
        attempt,
        () => false,
        (quality) => quality > 60,
      ),
    ).toBeUndefined();
    expect(tried).toEqual([51, 76]);
  });
});

describe('highestQuality', () => {
  it('finds every one of a hundred, in seven tries at most', async () => {
    for (const wanted of hundred) {
      const { tried, attempt } = counted();
      const found = await highestQuality(hundred, attempt, (quality) => quality <= wanted);
      expect(found).toEqual({ quality: wanted, result: wanted, reached: true });
      expect(tried.length).toBeLessThanOrEqual(7);
    }
  });

  it('gives the lowest, not reached, where none passes', async () => {
    const found = await highestQuality([25, 50, 75, 100], counted().attempt, () => false);
    expect(found).toEqual({ quality: 25, result: 25, reached: false });
  });
});
