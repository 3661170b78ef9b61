import { describe, expect, it } from 'vitest';
import {
  decodeOffsetMetadata,
  encodeOffsetMetadata,
  latestTime,
} from '../../../src/topology/kafka/offset-metadata.ts';

describe('the time of a task that is committed with its offsets', () => {
  it('comes back as it was, stream time, partition time and clocks', () => {
    const time = {
      streamTimeMs: 1_763_680_000_123,
      partitionTimeMs: 1_763_679_000_000,
      clocks: new Map([
        ['counts|of "images"', 1_763_679_999_999],
        ['KTABLE-SUPPRESS-0000000007', 1_763_680_000_200],
      ]),
    };
    expect(decodeOffsetMetadata(encodeOffsetMetadata(time))).toEqual(time);
  });

  it('is not there before the first record, and says so', () => {
    const none = { streamTimeMs: -1, partitionTimeMs: -1, clocks: new Map() };
    expect(decodeOffsetMetadata(encodeOffsetMetadata(none))).toEqual(none);
  });

  it('takes a few bytes a clock', () => {
    const clocks = new Map(
      Array.from({ length: 60 }, (_, i) => [`KSTREAM-AGGREGATE-STATE-STORE-${i}`, 1_763_680_000_000 - i]),
    );
    const text = encodeOffsetMetadata({ streamTimeMs: 1_763_680_000_000, partitionTimeMs: -1, clocks });
    expect(Buffer.byteLength(text)).toBeLessThan(4_000);
  });

  it('is refused, with the way out, when a broker would not keep it', () => {
    const clocks = new Map(Array.from({ length: 200 }, (_, i) => [`${'n'.repeat(30)}${i}`, 1]));
    expect(() => encodeOffsetMetadata({ streamTimeMs: 5, partitionTimeMs: 5, clocks })).toThrow(
      /200 stores .* 4000 bytes .* repartition/s,
    );
  });

  it.each([null, undefined, '', '2{"t":1,"p":0}', '1{"t":', '1[]', '1{"t":"x","p":0}', 'somebody else'])(
    'ignores %j',
    (text) => {
      expect(decodeOffsetMetadata(text)).toBeUndefined();
    },
  );

  it('is the latest of what the partitions say, which were committed at different times', () => {
    const earlier = { streamTimeMs: 10, clocks: new Map([['a', 9]]) };
    const later = {
      streamTimeMs: 20,
      clocks: new Map([
        ['a', 15],
        ['b', 4],
      ]),
    };
    expect(latestTime([later, earlier])).toEqual(later);
    expect(latestTime([])).toEqual({ streamTimeMs: -1, clocks: new Map() });
  });
});
