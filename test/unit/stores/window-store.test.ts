import { describe, expect, test } from 'vitest';
import { stringSerde } from '../../../src/topology/serde.ts';
import { timestampedWindowStore, windowStore } from '../../../src/topology/stores/builders.ts';
import type { KeyValue, Windowed } from '../../../src/topology/stores/types.ts';
import { clockAt, openStore } from './open-store.ts';
import { storages } from './storages.ts';

const minute = 60_000;
const options = { key: stringSerde, value: stringSerde, windowSizeMs: 10, retentionMs: 3 * minute };
const builder = windowStore<string, string>('windows', options); // segments of 90 s
const byTime = windowStore<string, string>('windows', { ...options, timeOrdered: true });
const duplicates = windowStore<string, string>('windows', { ...options, retainDuplicates: true });

type Rows = Iterable<KeyValue<Windowed<string>, string>>;
const shown = (rows: Rows) => [...rows].map(({ key, value }) => `${key.key}@${key.window.startMs}=${value}`);

describe.each(storages)('a window store in $name', ({ open }) => {
  test.each([builder, byTime])('reads one window, and a span of one key by start', (either) => {
    using temporary = open();
    const { store, commit } = openStore(temporary.storage, either);
    store.put('a', '1', 10);
    store.put('a', '2', 20);
    store.put('a\0', 'other', 20);
    commit();
    store.put('a', '3', 30);
    store.put('a', '2b', 20);
    store.put('aa', 'other', 20);
    store.put('', 'none', 20);
    expect(store.fetch('a', 20)).toBe('2b');
    expect(store.fetch('a', 21)).toBeNull();
    expect(shown(store.fetchRange('a', 10, 20))).toEqual(['a@10=1', 'a@20=2b']);
    expect(shown(store.fetchRange('a', 0, Number.MAX_SAFE_INTEGER))).toEqual(['a@10=1', 'a@20=2b', 'a@30=3']);
    expect(shown(store.fetchRange('a', 30, 20))).toEqual([]);
    expect([...store.fetchRange('a\0', 0, 99)]).toEqual([
      { key: { key: 'a\0', window: { startMs: 20, endMs: 30 } }, value: 'other' },
    ]);
    store.put('a', null, 20);
    commit();
    expect(store.fetch('a', 20)).toBeNull();
    expect(shown(store.fetchRange('a', 0, 99))).toEqual(['a@10=1', 'a@30=3']);
  });

  test('reads all keys, by key within a segment, or by start', () => {
    using temporary = open();
    const rows = [
      ['b', 20],
      ['a\0', 30],
      ['a', 30],
      ['a', 100_000], // another segment
      ['b', 10],
    ] as const;
    const plain = openStore(temporary.storage, builder);
    for (const [key, startMs] of rows) plain.store.put(key, 'x', startMs);
    expect(shown(plain.store.all())).toEqual(['a@30=x', 'a\0@30=x', 'b@10=x', 'b@20=x', 'a@100000=x']);
    expect(shown(plain.store.fetchAll(20, 30))).toEqual(['a@30=x', 'a\0@30=x', 'b@20=x']);

    using other = open();
    const timed = openStore(other.storage, byTime);
    for (const [key, startMs] of rows) timed.store.put(key, 'x', startMs);
    timed.commit();
    timed.store.put('b', null, 10);
    timed.store.put('0', 'x', 20);
    expect(shown(timed.store.all())).toEqual(['0@20=x', 'b@20=x', 'a@30=x', 'a\0@30=x', 'a@100000=x']);
    expect(shown(timed.store.fetchAll(20, 30))).toEqual(['0@20=x', 'b@20=x', 'a@30=x', 'a\0@30=x']);
  });

  test('does not read what is older than the newest by the retention', () => {
    using temporary = open();
    const { store } = openStore(temporary.storage, builder);
    store.put('a', '1', 1000);
    store.put('a', '2', 1001);
    store.put('b', '3', 1000 + 3 * minute);
    expect(store.fetch('a', 1000)).toBeNull();
    expect(store.fetch('a', 1001)).toBe('2');
    expect(shown(store.fetchRange('a', 0, 2000))).toEqual(['a@1001=2']);
    expect(shown(store.fetchAll(0, 2000))).toEqual(['a@1001=2']);
  });

  test('reads one millisecond more when it is ordered by time, for windows that close exactly then', () => {
    using temporary = open();
    const { store } = openStore(temporary.storage, byTime);
    store.put('a', '0', 999);
    store.put('a', '1', 1000);
    store.put('b', '3', 1000 + 3 * minute);
    expect(store.fetch('a', 1000)).toBe('1');
    expect(shown(store.fetchAll(0, 2000))).toEqual(['a@1000=1']);
  });

  test('does nothing in a dead segment, and takes a late row in a living one', () => {
    using temporary = open();
    const { store, writes } = openStore(temporary.storage, builder);
    store.put('a', '1', 5 * minute); // live from 2 min: segment 1 of 90 s
    const before = writes.length;
    store.put('a', 'dead', 89_999);
    expect(writes).toHaveLength(before);
    store.put('a', 'unread', 90_000);
    expect(writes).toHaveLength(before + 1);
    expect(store.fetch('a', 90_000)).toBeNull();
  });

  test('drops dead segments for good, in the overlay and once committed, without a write for each row', () => {
    using temporary = open();
    const { store, commit, writes, overlay } = openStore(temporary.storage, builder);
    for (let row = 0; row < 3000; row += 1) store.put(`a${row}`, '1', row);
    commit();
    for (let row = 3000; row < 3100; row += 1) store.put(`a${row}`, '1', row);
    store.put('late', '1', 90_000);
    const before = writes.length;
    store.put('now', '1', 270_000); // live from 90 s
    expect(writes.length - before).toBe(2);
    expect(overlay.sizeBytes).toBeLessThan(1000);
    expect([...overlay.range(null, null)]).toHaveLength(2);
    commit();
    const rows = temporary.storage.rows('windows');
    expect([...rows.range(null, null)]).toHaveLength(2);
    expect([...rows.range(null, null, true)]).toHaveLength(2);
    for (let commits = 0; commits < 3; commits += 1) commit(); // more rows go with each
    expect([...rows.range(null, null)]).toHaveLength(2);
    store.put('later', '1', 450_000);
    commit();
    expect(shown(store.all())).toEqual(['later@450000=1']);
  });

  test('keeps duplicates in order of arrival, over commits and restarts', () => {
    using temporary = open();
    const first = openStore(temporary.storage, duplicates);
    first.store.put('a', '1', 10);
    first.store.put('a', '2', 10);
    first.store.put('a', '2', 10);
    first.store.put('a', null, 10);
    first.store.put('b', 'x', 10);
    first.commit();
    first.store.put('a', '3', 10);
    first.commit();
    const { store } = openStore(temporary.storage, duplicates, first.clock);
    store.put('a', '4', 10);
    store.put('a', '0', 5);
    expect(shown(store.fetchRange('a', 0, 10))).toEqual([
      'a@5=0',
      'a@10=1',
      'a@10=2',
      'a@10=2',
      'a@10=3',
      'a@10=4',
    ]);
    expect(store.fetch('a', 10)).toBe('4');
  });

  test('finds its rows also when the clock was lost', () => {
    using temporary = open();
    const first = openStore(temporary.storage, builder);
    const now = 1_700_000_000_000;
    first.store.put('a', '1', now);
    first.store.put('a', '2', now + minute);
    first.commit();
    const { store } = openStore(temporary.storage, builder, clockAt(-1));
    expect(shown(store.all())).toEqual([`a@${now}=1`, `a@${now + minute}=2`]);
    expect(shown(store.fetchRange('a', 0, 2 * now))).toHaveLength(2);
  });

  test('takes times from 0 to the year 9999 and beyond', () => {
    using temporary = open();
    const { store, commit } = openStore(
      temporary.storage,
      timestampedWindowStore<string, string>('w', options),
    );
    for (const startMs of [0, 2 ** 32, 253_402_300_799_000, 2 ** 52]) {
      store.put('a', { value: 'x', timestamp: startMs + 1 }, startMs);
      commit();
      expect(store.fetch('a', startMs)).toEqual({ value: 'x', timestamp: startMs + 1 });
    }
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses %d as a time', (startMs) => {
    using temporary = open();
    const { store, writes } = openStore(temporary.storage, builder);
    expect(() => store.put('a', '1', startMs)).toThrow(
      `whole milliseconds from 0 to 9007199254740990, got ${startMs}`,
    );
    expect(writes).toEqual([]);
  });

  test.each([builder, byTime, duplicates])('is the same again from its changelog', (either) => {
    using temporary = open();
    const { store, commit, writes, clock } = openStore(temporary.storage, either);
    for (let row = 0; row < 50; row += 1) store.put(`k\0${row % 7}`, `${row}`, row * 10_000);
    store.put('k\x003', null, 450_000);
    commit();
    const log = either.changelog;
    if (log === undefined) throw new Error('no changelog layout');
    using other = open();
    for (const { key, value, dropsBelow } of writes) {
      const logged = dropsBelow ? null : log.toChangelog(key);
      if (logged === null) continue;
      const rows = log.fromChangelog(logged, value);
      other.storage.apply(
        rows.map(([rowKey, rowValue]) => ({ store: 'windows', key: rowKey, value: rowValue, timestamp: 0 })),
        new Map(),
      );
    }
    const restored = openStore(other.storage, either, clock);
    expect(shown(restored.store.all())).toEqual(shown(store.all()));
    expect(shown(restored.store.all()).length).toBeGreaterThan(10);
  });

  test('reads a changelog that was written under another retention', () => {
    using temporary = open();
    const { store, writes } = openStore(temporary.storage, builder);
    store.put('a', '1', 100_000);
    store.put('a', '2', 200_000);
    const longer = windowStore<string, string>('windows', { ...options, retentionMs: 60 * minute });
    expect(longer.layout).not.toBe(builder.layout);
    using other = open();
    const rows = writes.flatMap(({ key, value }) => {
      const logged = builder.changelog?.toChangelog(key);
      return (logged && longer.changelog?.fromChangelog(logged, value)) ?? [];
    });
    other.storage.apply(
      rows.map(([key, value]) => ({ store: 'windows', key, value, timestamp: 0 })),
      new Map(),
    );
    const restored = openStore(other.storage, longer, clockAt(200_000));
    expect(shown(restored.store.fetchRange('a', 0, 300_000))).toEqual(['a@100000=1', 'a@200000=2']);
  });
});

test('a retention shorter than the windows is refused by name', () => {
  expect(() => windowStore('w', { ...options, retentionMs: 9 })).toThrow(
    'the window store "w" keeps rows for 9 ms, less than its windows of 10 ms last',
  );
});
