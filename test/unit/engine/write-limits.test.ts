import { beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/topology/index.ts';
import type { ConsumedRecord, ProducedRecord } from '../../../src/topology/record.ts';
import { Failures } from '../../../src/topology/task/failures.ts';
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

describe('a dead letter', () => {
  const nowMs = 10 * HOUR_MS;
  /** The letter of a record, for a topic that takes 2,000 bytes, and nothing older or newer than an hour. */
  function letterOf(change: Partial<ConsumedRecord>): ProducedRecord {
    const limits = new WriteLimits(() => nowMs);
    limits.set('letters', { maxBatchBytes: 2_000, maxAheadMs: HOUR_MS, maxBehindMs: HOUR_MS });
    const failures = new Failures({ handlers: {}, deadLetterTopic: 'letters', limits, nowMs: () => nowMs });
    const { key, value, timestamp, headers } = record(10, { timestamp: nowMs, headers: [['own', null]] });
    const read = { topic: 'in', partition: 1, offset: 7, key, value, timestamp, headers, ...change };
    const error = new Error('x');
    error.stack = 'stack';
    const letter = failures.letter({ record: read, error, node: 'n' } satisfies Failure);
    expect(limits.problem(letter)).toBeUndefined();
    return letter;
  }
  const own = ({ headers }: ProducedRecord) =>
    headers.filter(([name]) => !name.startsWith('__streams.errors.'));

  it('is the record as it came where its topic takes that', () => {
    const letter = letterOf({});
    expect(letter).toMatchObject({ key: Buffer.from('key'), value: Buffer.alloc(10), timestamp: nowMs });
    expect(own(letter)).toEqual([['own', null]]);
  });

  it('goes without its body where that is too large, else without key and headers too', () => {
    const bodyless = letterOf({ value: Buffer.alloc(2_000) });
    expect(bodyless).toMatchObject({ key: Buffer.from('key'), value: null });
    expect(own(bodyless)).toEqual([['own', null]]);
    for (const change of [
      { key: Buffer.alloc(2_000) },
      { headers: Array.from({ length: 1_000 }, () => ['h', null] as const) },
    ]) {
      const letter = letterOf(change);
      expect(letter).toMatchObject({ key: null, value: null });
      expect(own(letter)).toEqual([]);
      expect(Object.fromEntries(letter.headers)).toMatchObject({
        '__streams.errors.topic': Buffer.from('in'),
        '__streams.errors.offset': Buffer.from('7'),
      });
    }
  });

  it('has the time of now where its own would be refused', () => {
    expect(letterOf({ timestamp: nowMs - HOUR_MS }).timestamp).toBe(nowMs - HOUR_MS);
    for (const timestamp of [nowMs - HOUR_MS - 1, nowMs + 2 * HOUR_MS, -1])
      expect(letterOf({ timestamp }).timestamp).toBe(nowMs);
  });
});
