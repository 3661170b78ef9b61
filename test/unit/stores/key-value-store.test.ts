import { describe, expect, test } from 'vitest';
import { stringSerde } from '../../../src/topology/serde.ts';
import { keyValueStore, timestampedKeyValueStore } from '../../../src/topology/stores/builders.ts';
import { openStore } from './open-store.ts';
import { storages } from './storages.ts';

const texts = { key: stringSerde, value: stringSerde };
const builder = keyValueStore<string, string>('texts', texts);

describe.each(storages)('a key-value store in $name', ({ open }) => {
  test('reads what was put, before and after the commit', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    store.put('a', '1');
    expect(store.get('a')).toBe('1');
    commit();
    expect(store.get('a')).toBe('1');
    store.put('a', null);
    expect(store.get('a')).toBeNull();
    commit();
    expect(store.get('a')).toBeNull();
  });

  test('takes empty keys and empty values', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    store.put('', '');
    commit();
    expect(store.get('')).toBe('');
    expect([...store.all()]).toEqual([{ key: '', value: '' }]);
  });

  test('ranges include both ends, either way, over committed and new rows', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    for (const key of ['a', 'c', 'e', 'ee']) store.put(key, `${key}1`);
    commit();
    for (const key of ['b', 'c', 'd']) store.put(key, `${key}2`);
    store.put('a', null);
    const keys = (rows: Iterable<{ readonly key: string }>) => [...rows].map(({ key }) => key);
    expect(keys(store.range('b', 'e'))).toEqual(['b', 'c', 'd', 'e']);
    expect(keys(store.reverseRange('b', 'e'))).toEqual(['e', 'd', 'c', 'b']);
    expect(keys(store.range(null, 'c'))).toEqual(['b', 'c']);
    expect(keys(store.reverseRange('d', null))).toEqual(['ee', 'e', 'd']);
    expect(keys(store.range('d', 'b'))).toEqual([]);
    expect([...store.range('c', 'c')]).toEqual([{ key: 'c', value: 'c2' }]);
  });

  test('ranges to and from the longest key that LMDB takes, and keys that are longer', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    const longest = 'k'.repeat(1977);
    const [longer, muchLonger] = [`${longest}\0`, `${longest}${'k'.repeat(3000)}`];
    const before = `${'k'.repeat(1976)}j${'k'.repeat(1000)}`;
    for (const key of ['j', longest, 'l']) store.put(key, key);
    commit();
    const keys = (rows: Iterable<{ readonly key: string }>) => [...rows].map(({ key }) => key);
    for (const bound of [longest, longer, muchLonger]) {
      expect(keys(store.range(null, bound))).toEqual(['j', longest]);
      expect(keys(store.reverseRange(null, bound))).toEqual([longest, 'j']);
    }
    expect(keys(store.range(longest, longest))).toEqual([longest]);
    expect(keys(store.reverseRange(longest, null))).toEqual(['l', longest]);
    for (const bound of [longer, muchLonger]) {
      expect(keys(store.range(bound, null))).toEqual(['l']);
      expect(keys(store.reverseRange(bound, null))).toEqual(['l']);
      expect(keys(store.range(bound, bound))).toEqual([]);
      expect(keys(store.reverseRange(bound, bound))).toEqual([]);
      expect(store.get(bound)).toBeNull();
    }
    expect(keys(store.range(before, longer))).toEqual([longest]);
    expect(keys(store.reverseRange(null, before))).toEqual(['j']);
  });

  test('goes on behind the longest key that LMDB takes after a commit in between', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    const longest = 'k'.repeat(1977);
    for (const key of ['j', longest, 'l']) store.put(key, key);
    commit();
    const seen: string[] = [];
    for (const { key } of store.all()) {
      seen.push(key);
      store.put('j', 'new');
      commit();
    }
    expect(seen).toEqual(['j', longest, 'l']);
  });

  test('says what was there when it puts only where nothing is, and when it deletes', () => {
    using temporary = open();
    const { store } = openStore(temporary.storage, builder);
    expect(store.putIfAbsent('a', '1')).toBeNull();
    expect(store.putIfAbsent('a', '2')).toBe('1');
    expect(store.delete('a')).toBe('1');
    expect(store.delete('a')).toBeNull();
  });

  test('may be written while it is read, either way, and while it is committed', () => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, builder);
    for (let index = 100; index < 150; index += 1) store.put(`${index}`, 'old');
    commit();
    const forward: string[] = [];
    for (const { key } of store.all()) {
      forward.push(key);
      if (key === '110') store.put('111', null);
      if (key === '120') {
        store.put('1205', 'new');
        commit();
        store.put('115', null); // behind: of no account
      }
      if (key === '130') store.put('149', null);
      if (key === '140') commit();
    }
    const wanted = Array.from({ length: 50 }, (_, index) => `${100 + index}`).filter(
      (key) => key !== '111' && key !== '149',
    );
    wanted.splice(wanted.indexOf('120') + 1, 0, '1205');
    expect(forward).toEqual(wanted);
    const backward: string[] = [];
    for (const { key } of store.reverseRange(null, null)) {
      backward.push(key);
      store.put(key, null);
      if (key === '125') commit();
    }
    expect(backward).toEqual(wanted.filter((key) => key !== '115').reverse());
    expect([...store.all()]).toEqual([]);
  });

  test('keeps the time of a value', () => {
    using temporary = open();
    const { store, commit } = openStore(
      temporary.storage,
      timestampedKeyValueStore<string, string>('t', texts),
    );
    store.put('a', { value: 'x', timestamp: 1_700_000_000_123 });
    store.put('b', { value: '', timestamp: -5 });
    commit();
    expect([...store.all()]).toEqual([
      { key: 'a', value: { value: 'x', timestamp: 1_700_000_000_123 } },
      { key: 'b', value: { value: '', timestamp: -5 } },
    ]);
  });
});

test('a null key is refused by name', () => {
  using temporary = storages[0]?.open();
  if (temporary === undefined) throw new Error('no storage');
  const { store } = openStore(temporary.storage, keyValueStore('texts', texts));
  expect(() => store.put(null, '1')).toThrow('the store "texts" was given a null key');
});

test('a store that is asked for as another kind is refused by name', () => {
  using temporary = storages[0]?.open();
  if (temporary === undefined) throw new Error('no storage');
  const { store } = openStore(temporary.storage, builder);
  expect(() => timestampedKeyValueStore('texts', texts).narrow(store)).toThrow(
    'the store "texts" is a key-value store, but it was asked for as a timestamped key-value store',
  );
});

test('a key that is too long for LMDB is refused when it is put, not when it is committed', () => {
  using temporary = storages[1]?.open();
  if (temporary === undefined) throw new Error('no storage');
  const { store, commit } = openStore(temporary.storage, builder);
  store.put('k'.repeat(1977), '1');
  expect(() => store.put('k'.repeat(1978), '1')).toThrow('at most 1977 bytes, got one of 1978');
  commit();
  expect(store.get('k'.repeat(1977))).toBe('1');
  expect([...store.all()]).toHaveLength(1);
});
