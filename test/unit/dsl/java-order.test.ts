import { describe, expect, it } from 'vitest';
import { hashOrder, TreeSet } from '../../../src/topology/graph/java-order.ts';

describe('hashOrder', () => {
  it('is the order of a java.util.HashMap', () => {
    // String.hashCode of single letters is their code: one bucket each, modulo 16.
    expect(hashOrder(['c', 'b', 'a', 'p', 'o'])).toEqual(['p', 'a', 'b', 'c', 'o']);
    // "Aa" and "BB" have one hash code: they keep the order of insertion.
    expect(hashOrder(['BB', 'Aa'])).toEqual(['BB', 'Aa']);
    expect(hashOrder(['Aa', 'BB'])).toEqual(['Aa', 'BB']);
  });

  it('has more buckets above three quarters of the capacity', () => {
    const letters = 'abcdefghijklm'.split('');
    expect(hashOrder([...letters.slice(1), 'q'].slice(0, 12)).at(0)).toBe('b');
    expect(hashOrder(['q', ...letters.slice(0, 11)])).toEqual(['q', ...letters.slice(0, 11)]);
    expect(hashOrder(['q', ...letters.slice(0, 12)]).at(-1)).toBe('q');
  });
});

describe('TreeSet', () => {
  it('sorts, and keeps one of equal items, whatever the order of insertion', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const items = Array.from({ length: 60 }, (_, i) => (i * 37 * seed) % 61);
      const set = new TreeSet<number>((a, b) => a - b);
      for (const item of [...items, ...items]) set.add(item);
      expect([...set]).toEqual([...new Set(items)].toSorted((a, b) => a - b));
    }
  });

  it('leaves items where they were put when their order changes later', () => {
    const size = new Map([
      ['a', 1],
      ['b', 1],
    ]);
    const set = new TreeSet<string>((a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0) || (a < b ? -1 : 1));
    set.add('a');
    set.add('b');
    size.set('b', 5);
    expect([...set]).toEqual(['a', 'b']);
  });
});
