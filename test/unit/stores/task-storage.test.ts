import { describe, expect, test } from 'vitest';
import type { StoreWrite } from '../../../src/topology/stores/bytes.ts';
import { storages } from './storages.ts';

const put = (store: string, key: string, value: string | null): StoreWrite => ({
  store,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp: 0,
});
const shown = (rows: Iterable<readonly [Buffer, Buffer]>) =>
  [...rows].map(([key, value]) => `${key}=${value}`);

describe.each(storages)('a task storage in $name', ({ open }) => {
  test('takes writes to all stores in their order, with positions', () => {
    using temporary = open();
    const { storage } = temporary;
    expect(storage.position('a')).toBeUndefined();
    storage.apply(
      [put('a', 'x', '1'), put('b', 'x', '2'), put('a', 'x', '3'), put('a', 'y', '4'), put('a', 'y', null)],
      new Map([['a', 7]]),
    );
    expect(shown(storage.rows('a').range(null, null))).toEqual(['x=3']);
    expect(shown(storage.rows('b').range(null, null))).toEqual(['x=2']);
    expect(storage.position('a')).toBe(7);
    expect(storage.position('b')).toBeUndefined();
    storage.apply([], new Map([['b', 2 ** 40]]));
    expect(storage.position('a')).toBe(7);
    expect(storage.position('b')).toBe(2 ** 40);
  });

  test('keeps rows, not the larger buffers that they came in', () => {
    using temporary = open();
    const { storage } = temporary;
    const answer = Buffer.alloc(1024 * 1024, 'a');
    const writes = [10, 10_000].map((bytes, index) => {
      const [from, to] = [index * 20_000, index * 20_000 + bytes];
      return { store: 'a', key: answer.subarray(to, to + 8), value: answer.subarray(from, to), timestamp: 0 };
    });
    answer.write('1', 10);
    answer.write('2', 30_000);
    storage.apply(writes, new Map());
    answer.fill('b');
    const rows = [...storage.rows('a').range(null, null)];
    expect(rows.map(([key, value]) => [`${key}`, value.length, value.includes('b')])).toEqual([
      ['1aaaaaaa', 10, false],
      ['2aaaaaaa', 10_000, false],
    ]);
  });

  test('wipes one store, with its position', () => {
    using temporary = open();
    const { storage } = temporary;
    const rows = storage.rows('a');
    storage.apply([put('a', 'x', '1'), put('b', 'x', '2')], new Map(Object.entries({ a: 1, b: 2 })));
    storage.apply([{ ...put('a', 'y', null), dropsBelow: true }], new Map());
    storage.wipe('a');
    expect(storage.position('a')).toBeUndefined();
    expect(storage.position('b')).toBe(2);
    expect(shown(storage.rows('b').range(null, null))).toEqual(['x=2']);
    storage.apply([put('a', 'w', '3')], new Map());
    expect(shown(rows.range(null, null))).toEqual(['w=3']);
  });

  test('drops below a key for good', () => {
    using temporary = open();
    const { storage } = temporary;
    storage.apply([put('a', 'a', '1'), put('a', 'b', '2'), put('a', 'c', '3')], new Map());
    storage.apply([{ ...put('a', 'b', null), dropsBelow: true }, put('a', 'aa', '4')], new Map());
    const rows = storage.rows('a');
    expect(rows.get(Buffer.from('a'))).toBeNull();
    expect(shown(rows.range(null, null))).toEqual(['b=2', 'c=3']);
    expect(shown(rows.range(Buffer.from('a'), Buffer.from('c'), true))).toEqual(['b=2']);
    storage.apply([{ ...put('a', 'a', null), dropsBelow: true }, put('a', 'ab', '5')], new Map());
    expect(shown(rows.range(null, null, true))).toEqual(['c=3', 'b=2']);
  });

  test('shows committed rows as they are at each step', () => {
    using temporary = open();
    const { storage } = temporary;
    const keys = Array.from({ length: 40 }, (_, row) => String(row + 10));
    storage.apply(
      keys.map((key) => put('a', key, 'old')),
      new Map(),
    );
    const seen: string[] = [];
    for (const [key, value] of storage.rows('a').range(null, null)) {
      seen.push(`${key}=${value}`);
      if (`${key}` === '12')
        storage.apply([put('a', '13', null), put('a', '14', 'new'), put('a', '145', 'new')], new Map());
      if (`${key}` === '48') storage.apply([put('a', '5', 'new')], new Map());
    }
    expect(seen.slice(0, 6)).toEqual(['10=old', '11=old', '12=old', '14=new', '145=new', '15=old']);
    expect(seen.slice(-2)).toEqual(['49=old', '5=new']);
    const back: string[] = [];
    for (const [key] of storage.rows('a').range(null, Buffer.from('2'), true)) {
      back.push(`${key}`);
      if (`${key}` === '18') storage.apply([put('a', '17', null), put('a', '165', 'new')], new Map());
    }
    expect(back).toEqual(['19', '18', '165', '16', '15', '145', '14', '12', '11', '10']);
  });

  test('hands out rows that later reads do not touch', () => {
    using temporary = open();
    const { storage } = temporary;
    const sizes = [0, 1, 100, 5000, 40_000, 300_000];
    storage.apply(
      sizes.map((size, at) => ({ ...put('a', `${at}`, ''), value: Buffer.alloc(size, at) })),
      new Map(),
    );
    const rows = storage.rows('a');
    const got = sizes.map((_, at) => rows.get(Buffer.from(`${at}`)));
    const ranged = [...rows.range(null, null)];
    storage.apply(
      sizes.map((size, at) => ({ ...put('a', `${at}`, ''), value: Buffer.alloc(size, 99) })),
      new Map(),
    );
    for (const at of sizes.keys()) rows.get(Buffer.from(`${at}`));
    for (const [at, size] of sizes.entries()) {
      expect(got[at]?.equals(Buffer.alloc(size, at))).toBe(true);
      expect(ranged[at]?.[0].toString()).toBe(`${at}`);
      expect(ranged[at]?.[1].equals(Buffer.alloc(size, at))).toBe(true);
    }
  });
});
