import { describe, expect, it } from 'vitest';
import { type JoinSide, UnjoinedRecords } from '../../../src/topology/operators/stream-join-unjoined.ts';
import { bufferStore } from '../../../src/topology/stores/builders.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { Overlay } from '../../../src/topology/stores/overlay.ts';

const textSerde = {
  serialize: (_topic: string, text: unknown) => Buffer.from(`${text}`),
  deserialize: (_topic: string, bytes: Buffer | null) => `${bytes}`,
};

/** Opens the rows of one task over committed ones; what was put before and not committed is not there. */
function open(storage: MemoryStorage) {
  const clock = { timeMs: -1, advance() {} };
  const writes: { store: string; key: Buffer; value: Buffer | null; timestamp: number }[] = [];
  const bytes = new Overlay(storage.rows('unjoined'), (key, value) =>
    writes.push({ store: 'unjoined', key, value, timestamp: 0 }),
  );
  const store = bufferStore('unjoined');
  const records = new UnjoinedRecords(store.narrow(store.open({ bytes, clock })), clock, {
    store,
    key: textSerde,
    left: textSerde,
    right: textSerde,
  });
  return { records, commit: () => storage.apply(writes.splice(0), new Map()) };
}

const record = (timestamp: number, side: JoinSide, key: string, value: string) => ({
  timestamp,
  side,
  key,
  value,
});
const values = (records: UnjoinedRecords) => [...records].map(({ value }) => value);

describe('records without a partner', () => {
  it('lie by time, then the right side first, then by key, then as they came', () => {
    const { records } = open(new MemoryStorage());
    const inOrder = [
      record(5, 'left', 'z', '1'),
      record(7, 'right', 'a', '2'),
      record(7, 'right', 'ab', '3'),
      record(7, 'left', 'a', '4 first'),
      record(7, 'left', 'a', '4 second'),
      record(2 ** 40, 'right', 'a', '5'),
    ];
    for (const at of [5, 3, 4, 1, 2, 0]) {
      const next = inOrder[at];
      if (next) records.add(next);
    }
    expect([...records]).toEqual(inOrder);
  });

  it('are forgotten by key, side and time, all that came at once', () => {
    const { records } = open(new MemoryStorage());
    records.add(record(1, 'left', 'a', 'gone'));
    records.add(record(1, 'left', 'a', 'gone too'));
    records.add(record(1, 'right', 'a', 'other side'));
    records.add(record(2, 'left', 'a', 'other time'));
    records.remove({ timestamp: 1, side: 'left', key: 'a' });
    records.remove({ timestamp: 9, side: 'left', key: 'a' });
    expect(values(records)).toEqual(['other side', 'other time']);
  });

  it('may be forgotten while they are read', () => {
    const { records } = open(new MemoryStorage());
    for (const timestamp of [1, 2, 3]) records.add(record(timestamp, 'left', 'a', `${timestamp}`));
    const seen = [];
    for (const unjoined of records) {
      seen.push(unjoined.value);
      records.remove(unjoined);
    }
    expect(seen).toEqual(['1', '2', '3']);
    expect(values(records)).toEqual([]);
  });

  it('go on after a takeover with what was committed, and with the time that decides when to look', () => {
    const storage = new MemoryStorage();
    const before = open(storage);
    before.records.add(record(8, 'left', 'a', 'kept'));
    before.records.earliestMs = 3;
    before.commit();
    before.records.add(record(1, 'left', 'a', 'lost'));

    const after = open(storage);
    expect(values(after.records)).toEqual(['kept']);
    expect(after.records.earliestMs).toBe(3);
    after.records.earliestMs = Number.POSITIVE_INFINITY;
    after.commit();
    expect(open(storage).records.earliestMs).toBe(Number.POSITIVE_INFINITY);
  });
});
