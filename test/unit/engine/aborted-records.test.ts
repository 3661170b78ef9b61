import { describe, expect, it } from 'vitest';
import { type FetchedPartition, markAborted } from '../../../src/topology/kafka/mended.ts';

const record = (offset: number, producerId: string, inTransaction = true) => ({
  offset: `${offset}`,
  key: Buffer.from('k'),
  isControlRecord: false,
  batchContext: { producerId, inTransaction },
});
const marker = (offset: number, producerId: string, type: 'abort' | 'commit') => ({
  ...record(offset, producerId),
  key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]),
  isControlRecord: true,
});
const visible = (partition: FetchedPartition) =>
  partition.messages.filter((m) => !m.isControlRecord).map((m) => Number(m.offset));

describe('reading committed records', () => {
  it('hides overlapping aborted transactions, listed in the order of their ends', () => {
    const partition = {
      abortedTransactions: [
        { producerId: 'b', firstOffset: '2' },
        { producerId: 'a', firstOffset: '0' },
      ],
      messages: [
        record(0, 'a'),
        record(1, 'c'),
        record(2, 'b'),
        marker(3, 'b', 'abort'),
        record(4, 'a'),
        marker(5, 'a', 'abort'),
        marker(6, 'c', 'commit'),
      ],
    };
    markAborted(partition);
    expect(visible(partition)).toEqual([1]);
  });

  it('hides all of several transactions that began before the fetch', () => {
    const partition = {
      abortedTransactions: [
        { producerId: 'a', firstOffset: '0' },
        { producerId: 'b', firstOffset: '1' },
        { producerId: 'c', firstOffset: '2' },
      ],
      messages: [record(10, 'c'), record(11, 'b'), record(12, 'a'), record(13, 'd', false)],
    };
    markAborted(partition);
    expect(visible(partition)).toEqual([13]);
  });

  it('shows what the same producer commits after an abort', () => {
    const partition = {
      abortedTransactions: [{ producerId: 'a', firstOffset: '0' }],
      messages: [record(0, 'a'), marker(1, 'a', 'abort'), record(2, 'a'), marker(3, 'a', 'commit')],
    };
    markAborted(partition);
    expect(visible(partition)).toEqual([2]);
  });
});
