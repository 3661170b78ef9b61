import { describe, expect, it } from 'vitest';
import { StreamsError } from '../../../src/topology/errors.ts';
import {
  type ExternalSink,
  type OffsetRange,
  ReplayFromError,
  type SinkRecord,
} from '../../../src/topology/external-sink.ts';
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

  it('keeps the records of one source record together, in a larger part if need be', async () => {
    const positions = [
      { topic: 't', partition: 0, from: 0, to: 4 },
      { topic: 't', partition: 1, from: 1, to: 2 },
    ];
    const records = [0, 1, 1, 2, 2, 2].map((offset) => record(0, offset));
    expect(await writesOf([...records, record(1, 1), record(0, 3)], positions, 2)).toEqual([
      { values: ['0/0'], ranges: ['0: 0-1'] },
      { values: ['0/1', '0/1'], ranges: ['0: 1-2'] },
      { values: ['0/2', '0/2', '0/2'], ranges: ['0: 2-3'] },
      { values: ['1/1', '0/3'], ranges: ['0: 3-4', '1: 1-2'] },
    ]);
    expect(await writesOf(records, positions.slice(0, 1), 5)).toEqual([
      { values: ['0/0', '0/1', '0/1'], ranges: ['0: 0-2'] },
      { values: ['0/2', '0/2', '0/2'], ranges: ['0: 2-4'] },
    ]);
  });

  it('tells a fenced sink of a stretch that left no records, and no other sink', async () => {
    const positions = [{ topic: 't', partition: 0, from: 3, to: 9 }];
    expect(await writesOf([], positions, 10)).toEqual([{ values: [], ranges: ['0: 3-9'] }]);
    expect(await writesOf([], positions, 10, false)).toEqual([]);
  });
});

describe('the trouble of a sink', () => {
  const positions = [{ topic: 't', partition: 0, from: 0, to: 1 }];
  const away = () => new StreamsError('REDIS_UNAVAILABLE', 'retry', 'away');

  /** Writes one record to a sink that fails so, one error after another, and returns what was told of its trouble. */
  async function toldOf(errors: (() => Error)[], signal = new AbortController().signal) {
    const told: (string | undefined)[] = [];
    const sink: ExternalSink = {
      name: 'list',
      write: async () => {
        const error = errors.shift()?.();
        if (error) throw error;
      },
    };
    const spec = {
      kind: 'external-sink' as const,
      name: 's',
      parents: [],
      sink,
      lingerMs: 0,
      maxBatchRecords: 9,
    };
    const batch = { external: new Map([[spec, [record(0, 0)]]]), positions };
    const ended = flushExternal([spec], batch, signal, (_, reason) => told.push(reason)).then(
      () => 'written',
      (error: Error) => error.message,
    );
    return { ended: await ended, told };
  }

  it('is over when it writes again', async () => {
    expect(await toldOf([away])).toEqual({ ended: 'written', told: ['away', undefined] });
    expect(await toldOf([])).toEqual({ ended: 'written', told: [] });
  });

  it('is over too when it wants records again, or when its task moves away', async () => {
    const replay = () => new ReplayFromError('lost', [{ topic: 't', partition: 0, offset: 0 }]);
    expect((await toldOf([away, replay])).told).toEqual(['away', undefined]);
    const controller = new AbortController();
    const moved = () => {
      controller.abort(new Error('moved'));
      return away();
    };
    expect(await toldOf([away, moved], controller.signal)).toEqual({
      ended: 'moved',
      told: ['away', undefined],
    });
  });
});
