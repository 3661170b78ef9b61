import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { type CountedImage, createRedisCounters, type RedisCounters } from '../../src/sinks/redis.ts';
import { readCounts } from '../../src/sinks/redis-counts.ts';
import { ReplayFromError, type SinkRecord } from '../../src/topology/external-sink.ts';
import { sharedStack } from '../shared-stack.ts';

const TOPIC = 'image-stats';
const signal = new AbortController().signal;
const category = { customerId: 'acme', type: 'jpeg', outcome: 'processed', day: '2026-11-20' };
const image: CountedImage = { ...category, change: 1 };

function records(offsets: readonly number[], change: Partial<CountedImage> = {}, partition = 0) {
  return offsets.map(
    (offset): SinkRecord<unknown, CountedImage> => ({
      key: null,
      value: { ...image, ...change },
      timestamp: 0,
      headers: [],
      context: { topic: TOPIC, partition, offset, timestamp: 0, headers: [] },
    }),
  );
}

const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('counters in Redis', () => {
  let stack: Stack;
  let bare: Redis;
  let url: string;
  let prefix: string;
  let sink: RedisCounters;

  beforeAll(async () => {
    stack = await sharedStack();
    url = stack.addresses.redis;
    bare = new Redis(url);
    bare.on('error', () => {}); // it is stopped on purpose
  });
  afterAll(() => bare.disconnect());
  beforeEach(() => {
    prefix = `test-${randomUUID()}`;
    sink = createRedisCounters({ url, prefix, timeoutMs: 1_000 });
  });
  afterEach(async () => {
    await sink.close();
    for (const key of await keys()) await bare.del(key);
  });

  const keys = () => bare.keys(`${prefix}:*`);
  /** Writes what lies on a partition from `from` up to `to`; by default a record at every offset. */
  const write = (from: number, to: number, offsets = upTo(from, to), partition = 0) =>
    sink.write(records(offsets, {}, partition), { signal, ranges: [{ topic: TOPIC, partition, from, to }] });
  const read = () => readCounts({ url, prefix });
  const total = async () => (await read()).counts.reduce((sum, { images }) => sum + images, 0);
  const fence = (partition = 0) => bare.hget(`${prefix}:{p${partition}}:fence`, TOPIC);

  it('counts by customer, type, outcome and day, over all partitions', async () => {
    await sink.check({ signal });
    const batch = [
      ...records([0, 1]),
      ...records([2], { type: 'a "type", with {braces}' }),
      ...records([3], { customerId: 'birch', day: '2026-11-21' }),
      ...records([0, 1, 2], {}, 1),
    ];
    const ranges = [0, 1].map((partition) => ({ topic: TOPIC, partition, from: 0, to: 4 - partition }));
    await sink.write(batch, { signal, ranges });
    expect(await read()).toEqual({
      counts: [
        { ...category, images: 5 },
        { ...category, type: 'a "type", with {braces}', images: 1 },
        { ...category, customerId: 'birch', day: '2026-11-21', images: 1 },
      ].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      rebuilding: false,
      incomplete: false,
      missing: [],
    });
    expect(await bare.hget(`${prefix}:{p0}:counts:2026-11-20`, '["acme","jpeg","processed"]')).toBe('2');
  });

  it('takes out again what a correction replaces, once', async () => {
    const failed = { outcome: 'failed', day: '2026-11-19' };
    const range = { topic: TOPIC, partition: 0, from: 0, to: 2 };
    const batch = [
      ...records([0], failed),
      ...records([1], { ...failed, change: -1 }),
      ...records([1], { day: '2026-11-19' }),
    ];
    for (let times = 0; times < 2; times++) await sink.write(batch, { signal, ranges: [range] });
    const { counts } = await read();
    expect(counts).toEqual([{ ...category, day: '2026-11-19', images: 1 }]);
  });

  it('counts a batch that comes again not again, nor a part of it in another batch', async () => {
    await write(0, 10);
    await write(0, 10);
    await write(5, 15);
    await write(12, 15);
    expect(await total()).toBe(15);
    expect(sink.counts()).toEqual({ counted: 15, repeated: 18, losses: 0 });
  });

  it('compares each record, for offsets have gaps', async () => {
    await write(0, 10, [1, 4, 9]);
    await write(10, 20, [13]);
    await write(0, 30, [1, 4, 9, 13, 22]);
    expect(await total()).toBe(5);
    expect(await fence()).toBe('30');
  });

  it('moves the fence over a stretch without records', async () => {
    await write(0, 10, []);
    await write(10, 20, []);
    expect(await fence()).toBe('20');
    expect(await total()).toBe(0);
  });

  it('never moves the fence back, whoever wakes up late', async () => {
    await write(0, 100, [50]);
    await write(10, 20, [15]);
    expect(await fence()).toBe('100');
    expect(await total()).toBe(1);
  });

  it('keeps offsets to the last digit', async () => {
    const from = 2 ** 52;
    await sink.beginAt?.({ topic: TOPIC, partition: 0, offset: from });
    await write(from, from + 3);
    expect(await fence()).toBe(String(from + 3));
    expect(await total()).toBe(3);
  });

  it('notices that Redis was emptied: counts nothing, asks for all again, and says "rebuilding" until it is there', async () => {
    await write(0, 100);
    await bare.del(...(await keys()));
    const error = await write(100, 110).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReplayFromError);
    expect(error).toMatchObject({ positions: [{ topic: TOPIC, partition: 0, offset: 0 }] });
    expect(await read()).toMatchObject({ counts: [], rebuilding: true, incomplete: false });
    await write(0, 60);
    expect(await read()).toMatchObject({ counts: [{ images: 60 }], rebuilding: true });
    await write(60, 110);
    expect(await read()).toMatchObject({ counts: [{ images: 110 }], rebuilding: false, incomplete: false });
    expect(sink.counts().losses).toBe(1);
  });

  it('asks a Redis with an older state for what came after it alone', async () => {
    await write(0, 40);
    const snapshot = await Promise.all(
      (await keys()).map(async (key) => ({ key, value: await bare.dumpBuffer(key) })),
    );
    await write(40, 100);
    for (const { key, value } of snapshot) await bare.restore(key, 0, value ?? '', 'REPLACE');
    await expect(write(100, 110)).rejects.toMatchObject({ positions: [{ offset: 40 }] });
    await write(40, 110);
    expect(await read()).toMatchObject({ counts: [{ images: 110 }], rebuilding: false });
  });

  it('loses one partition without touching another', async () => {
    await write(0, 10);
    await write(0, 10, upTo(0, 10), 1);
    await bare.del(`${prefix}:{p1}:fence`, `${prefix}:{p1}:counts:2026-11-20`);
    const ranges = [0, 1].map((partition) => ({ topic: TOPIC, partition, from: 10, to: 11 }));
    const batch = [...records([10]), ...records([10], {}, 1)];
    await expect(sink.write(batch, { signal, ranges })).rejects.toMatchObject({
      positions: [{ topic: TOPIC, partition: 1, offset: 0 }],
    });
    await write(0, 11, upTo(0, 11), 1);
    expect(await total()).toBe(22);
  });

  it('says from then on what is missing when the topic no longer has it', async () => {
    await expect(write(500, 510)).rejects.toBeInstanceOf(ReplayFromError);
    await sink.beginAt?.({ topic: TOPIC, partition: 0, offset: 500 });
    await write(500, 510);
    expect(await read()).toMatchObject({
      counts: [{ images: 10 }],
      rebuilding: false,
      incomplete: true,
      missing: [
        { topic: TOPIC, partition: 0, beforeOffset: 500, since: expect.stringMatching(/^\d{4}-.*Z$/) },
      ],
    });
  });

  it('refuses a Redis that may evict, at start; takes it for an outage when that is changed later', async () => {
    try {
      await bare.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await expect(sink.check({ signal })).rejects.toMatchObject({
        code: 'REDIS_EVICTS',
        disposition: 'fail',
        message: expect.stringContaining('noeviction'),
      });
    } finally {
      await bare.config('SET', 'maxmemory-policy', 'noeviction');
    }
    await sink.check({ signal });
    await write(0, 1);
    try {
      await bare.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await bare.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await expect
        .poll(() => write(1, 2).catch((error: unknown) => error), { timeout: 5_000 })
        .toMatchObject({ code: 'REDIS_EVICTS', disposition: 'retry' });
    } finally {
      await bare.config('SET', 'maxmemory-policy', 'noeviction');
    }
    await write(1, 2);
    expect(await total()).toBe(2);
  });

  it('waits while Redis is full, and counts then', async () => {
    await write(0, 10);
    try {
      await bare.config('SET', 'maxmemory', '1');
      await expect(write(10, 20)).rejects.toMatchObject({
        code: 'REDIS_UNAVAILABLE',
        disposition: 'retry',
        message: expect.stringContaining('OOM'),
      });
    } finally {
      await bare.config('SET', 'maxmemory', '0');
    }
    await write(10, 20);
    expect(await total()).toBe(20);
  });

  it('is not let in with a wrong password, and never repeats it', async () => {
    const wrong = new URL(url);
    wrong.password = 'wrong-secret';
    const other = createRedisCounters({ url: wrong.href, timeoutMs: 1_000 });
    const error: unknown = await other.check({ signal }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'REDIS_REFUSED', disposition: 'fail' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-secret');
    await other.close();
  });

  it('says which key holds something else', async () => {
    await bare.set(`${prefix}:{p0}:fence`, 'taken');
    await expect(write(0, 1)).rejects.toMatchObject({ code: 'REDIS_KEY_TAKEN', disposition: 'fail' });
  });

  it('fails at once while Redis is down, goes on when it is back, each image once', async () => {
    await write(0, 10);
    const redis = stack.component('redis');
    await redis.stop();
    try {
      const startMs = Date.now();
      await expect(write(10, 20)).rejects.toMatchObject({
        code: 'REDIS_UNAVAILABLE',
        disposition: 'retry',
        message: expect.stringMatching(/ECONNREFUSED|closed/),
      });
      expect(Date.now() - startMs).toBeLessThan(2_500);
    } finally {
      await redis.start();
    }
    await expect.poll(() => write(10, 20).then(() => 'counted', String), { timeout: 10_000 }).toBe('counted');
    expect(await total()).toBe(20);
  });

  it('counts once what was under way when Redis froze', async () => {
    await write(0, 10);
    await bare.call('CLIENT', 'PAUSE', '1500', 'ALL');
    await expect(write(10, 20)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE', disposition: 'retry' });
    await expect.poll(() => write(10, 20).then(() => 'counted', String), { timeout: 10_000 }).toBe('counted');
    expect(await total()).toBe(20);
  });

  it('ends a wait that is called off', async () => {
    const nowhere = createRedisCounters({ url: 'redis://127.0.0.1:1', timeoutMs: 30_000 });
    const stop = new AbortController();
    stop.abort(new Error('called off'));
    await expect(
      nowhere.write(records([0]), {
        signal: stop.signal,
        ranges: [{ topic: TOPIC, partition: 0, from: 0, to: 1 }],
      }),
    ).rejects.toThrow('called off');
    await nowhere.close();
  });
});
