import { beforeEach, describe, expect, it } from 'vitest';
import type { ProducedRecord } from '../../../src/topology/record.ts';
import { batchBytes, WriteLimits } from '../../../src/topology/task/write-limits.ts';

const HOUR_MS = 3_600_000;
const record = (size: number, change: Partial<ProducedRecord> = {}): ProducedRecord => ({
  topic: 'out',
  key: Buffer.from('key'),
  value: Buffer.alloc(size),
  timestamp: 0,
  headers: [],
  ...change,
});

describe('what topics take', () => {
  let nowMs: number;
  let limits: WriteLimits;
  beforeEach(() => {
    nowMs = 10 * HOUR_MS;
    limits = new WriteLimits(() => nowMs);
    const endless = Number.POSITIVE_INFINITY;
    limits.set('out', { maxBatchBytes: 1_000, maxAheadMs: HOUR_MS, maxBehindMs: endless });
    limits.set('wide', { maxBatchBytes: 5_000, maxAheadMs: endless, maxBehindMs: 2 * HOUR_MS });
  });
  const code = (given: ProducedRecord) => limits.problem(given)?.code;

  it('is compared with a record as it is on the wire, headers included', () => {
    const largest = 1_000 - (batchBytes(record(900)) - 900);
    expect(code(record(largest))).toBeUndefined();
    expect(code(record(largest + 1))).toBe('RECORD_TOO_LARGE');
    expect(code(record(0, { headers: [['h', Buffer.alloc(1_000)]] }))).toBe('RECORD_TOO_LARGE');
    expect(code(record(largest + 1, { topic: 'wide', timestamp: nowMs }))).toBeUndefined();
    expect(limits.problem(record(largest + 1))?.message).toContain(
      'a record of 1001 bytes is too large for the topic out, whose max.message.bytes is 1000',
    );
  });

  it('is compared with the clock as it goes on', () => {
    expect(code(record(1, { timestamp: nowMs + HOUR_MS }))).toBeUndefined();
    const later = record(1, { timestamp: nowMs + HOUR_MS + 1 });
    expect(code(later)).toBe('RECORD_TIME_REFUSED');
    nowMs++;
    expect(code(later)).toBeUndefined();
    expect(code(record(1, { topic: 'wide', timestamp: nowMs - 2 * HOUR_MS - 1 }))).toBe(
      'RECORD_TIME_REFUSED',
    );
  });

  it('is no problem where nothing is known', () => {
    expect(code(record(1_000_000, { topic: 'other', timestamp: Number.MAX_SAFE_INTEGER }))).toBeUndefined();
    expect(new WriteLimits(() => 0).problem(record(1_000_000))).toBeUndefined();
  });
});
