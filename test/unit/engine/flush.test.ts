import { describe, expect, it } from 'vitest';
import type { ExternalSink, OffsetRange, SinkRecord } from '../../../src/topology/external-sink.ts';
import { flushExternal } from '../../../src/topology/task/flush.ts';

const record = (partition: number, offset: number): SinkRecord => ({
  key: null,
  value: `${partition}/${offset}`,
  timestamp: 0,
  headers: [],
  context: { topic: 't', partition, offset, timestamp: 0, headers: [] },
});

/** Flushes one batch and returns the ranges and values of each write. */
async function writesOf(
  records: SinkRecord[],
  positions: OffsetRange[],
  maxBatchRecords: number,
  fenced = true,
) {
  const writes: { values: unknown[]; ranges: string[] }[] = [];
  const sink: ExternalSink = {
    name: 'list',
    fenced,
    write: async (batch, { ranges }) => {
      writes.push({
        values: batch.map(({ value }) => value),
        ranges: ranges.map(({ partition, from, to }) => `${partition}: ${from}-${to}`),
      });
    },
  };
  const spec = { kind: 'external-sink' as const, name: 's', parents: [], sink, lingerMs: 0, maxBatchRecords };
  const batch = { outputs: [], external: new Map([[spec, records]]), positions, records: 0, bytes: 0 };
  await flushExternal([spec], batch, new AbortController().signal, () => {});
  return writes;
}

describe('flushing a batch to an external sink', () => {
  it('splits it into parts whose ranges follow on one another and cover it', async () => {
    const positions = [
      { topic: 't', partition: 0, from: 5, to: 20 },
      { topic: 't', partition: 1, from: 0, to: 4 },
    ];
    const records = [record(0, 6), record(1, 1), record(0, 9), record(0, 12), record(1, 2)];
    expect(await writesOf(records, positions, 2)).toEqual([
      { values: ['0/6', '1/1'], ranges: ['0: 5-7', '1: 0-2'] },
      { values: ['0/9', '0/12'], ranges: ['0: 7-13'] },
      { values: ['1/2'], ranges: ['0: 13-20', '1: 2-4'] },
    ]);
  });

  it('does not call a source record done whose records go on in the next part', async () => {
    const positions = [{ topic: 't', partition: 0, from: 0, to: 2 }];
    const records = [record(0, 0), record(0, 1), record(0, 1)];
    expect((await writesOf(records, positions, 2)).map(({ ranges }) => ranges)).toEqual([
      ['0: 0-1'],
      ['0: 1-2'],
    ]);
  });

  it('tells a fenced sink of a stretch that left no records, and no other sink', async () => {
    const positions = [{ topic: 't', partition: 0, from: 3, to: 9 }];
    expect(await writesOf([], positions, 10)).toEqual([{ values: [], ranges: ['0: 3-9'] }]);
    expect(await writesOf([], positions, 10, false)).toEqual([]);
  });
});
