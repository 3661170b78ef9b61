import { expect, it } from 'vitest';
import { keyPattern, PartitionKeys, parseKey } from '../../../src/sinks/redis-keys.ts';

it('keeps all of a partition under one hash tag, and reads its own keys back', () => {
  const keys = new PartitionKeys('darkroom', 12);
  for (const key of [keys.fence, keys.state, keys.counts('2026-11-20')]) expect(key).toContain('{p12}');
  expect(parseKey(keys.fence)).toEqual({ kind: 'fence', partition: 12 });
  expect(parseKey(keys.state)).toEqual({ kind: 'state', partition: 12 });
  expect(parseKey(keys.counts('2026-11-20'))).toEqual({ kind: 'counts', partition: 12, day: '2026-11-20' });
  expect(parseKey('darkroom:{p12}:other')).toBeUndefined();
  expect(parseKey('darkroom:{p12}:counts:today')).toBeUndefined();
});

it('takes a prefix by its letters, whatever they mean in a pattern', () => {
  expect(keyPattern('a*b?')).toBe('a\\*b\\?:{p*}:*');
});
