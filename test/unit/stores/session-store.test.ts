import { describe, expect, test } from 'vitest';
import { stringSerde } from '../../../src/topology/serde.ts';
import { sessionStore } from '../../../src/topology/stores/builders.ts';
import type { KeyValue, Windowed } from '../../../src/topology/stores/types.ts';
import { openStore } from './open-store.ts';
import { storages } from './storages.ts';

const minute = 60_000;
const options = { key: stringSerde, value: stringSerde, retentionMs: 3 * minute };
const builder = sessionStore<string, string>('sessions', options);
const byTime = sessionStore<string, string>('sessions', { ...options, timeOrdered: true });

const session = (key: string, startMs: number, endMs: number) => ({ key, window: { startMs, endMs } });
const shown = (rows: Iterable<KeyValue<Windowed<string>, string>>) =>
  [...rows].map(({ key, value }) => `${key.key}@${key.window.startMs}/${key.window.endMs}=${value}`);

describe.each(storages)('a session store in $name', ({ open }) => {
  describe.each([builder, byTime])('with $layout', (either) => {
    test('finds the sessions of a key that a span touches, by end', () => {
      using temporary = open();
      const { store, commit } = openStore(temporary.storage, either);
      store.put(session('a', 0, 10), '1');
      store.put(session('a', 20, 30), '2');
      store.put(session('a\0', 20, 30), 'other');
      commit();
      store.put(session('a', 40, 100_000), '3');
      store.put(session('a', 5, 30), '4');
      store.put(session('b', 20, 30), 'other');
      expect(shown(store.findSessions('a', 10, 40))).toEqual([
        'a@0/10=1',
        'a@5/30=4',
        'a@20/30=2',
        'a@40/100000=3',
      ]);
      expect(shown(store.findSessions('a', 11, 39))).toEqual(['a@5/30=4', 'a@20/30=2']);
      expect(shown(store.fetch('a'))).toHaveLength(4);
      expect(shown(store.all())).toHaveLength(6);
      expect(store.fetchSession('a', { startMs: 20, endMs: 30 })).toBe('2');
      store.remove(session('a', 20, 30));
      commit();
      expect(store.fetchSession('a', { startMs: 20, endMs: 30 })).toBeNull();
      expect(shown(store.findSessions('a', 11, 39))).toEqual(['a@5/30=4']);
    });

    test('finds sessions of all keys by end, then start, then key', () => {
      using temporary = open();
      const { store, commit } = openStore(temporary.storage, either);
      store.put(session('b', 20, 30), '1');
      store.put(session('a', 20, 30), '2');
      store.put(session('c', 10, 30), '3');
      commit();
      store.put(session('z', 0, 29), '4');
      store.put(session('a', 0, 100_000), '5');
      store.remove(session('b', 20, 30));
      expect(shown(store.findSessionsByEnd(29, 30))).toEqual(['z@0/29=4', 'c@10/30=3', 'a@20/30=2']);
      expect(shown(store.findSessionsByEnd(30, 200_000))).toEqual(['c@10/30=3', 'a@20/30=2', 'a@0/100000=5']);
      expect(shown(store.findSessionsByEnd(31, 29))).toEqual([]);
    });

    test('does not read sessions that ended before the retention, but those of a living segment by end', () => {
      using temporary = open();
      const { store } = openStore(temporary.storage, either);
      store.put(session('a', 0, 120_000), '1');
      store.put(session('a', 0, 120_001), '2');
      store.put(session('b', 0, 120_000 + 3 * minute), '3');
      expect(store.fetchSession('a', { startMs: 0, endMs: 120_000 })).toBeNull();
      expect(shown(store.fetch('a'))).toEqual(['a@0/120001=2']);
      expect(shown(store.findSessionsByEnd(0, 130_000))).toEqual(['a@0/120000=1', 'a@0/120001=2']);
      store.put(session('b', 0, 180_000 + 3 * minute), '4');
      expect(shown(store.findSessionsByEnd(0, 130_000))).toEqual([]);
    });

    test('may be written while it is read', () => {
      using temporary = open();
      const { store, commit } = openStore(temporary.storage, either);
      for (let end = 0; end < 40; end += 1) store.put(session('a', 0, end), `${end}`);
      commit();
      const seen: string[] = [];
      for (const { key, value } of store.findSessions('a', 0, 100)) {
        seen.push(value);
        store.remove(key);
        store.remove(session('a', 0, 20));
        if (value === '30') commit();
      }
      expect(seen).toHaveLength(39);
      expect(shown(store.all())).toEqual([]);
    });
  });
});
