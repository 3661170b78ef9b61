import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { countersTopology } from '../../src/app/counters.ts';
import { createRedisCounters, type RedisCounters } from '../../src/sinks/redis.ts';
import { readCounts } from '../../src/sinks/redis-counts.ts';
import type { KafkaStreams } from '../../src/topology/index.ts';
import { sharedStack } from '../shared-stack.ts';
import { EngineLab, until } from '../support/engine-lab.ts';
import { feedStats, statsCodec } from '../support/stats-feed.ts';

const PARTITIONS = 2;

describe('the application "counters" on a real broker and a real Redis', () => {
  let stack: Stack;
  let lab: EngineLab;
  let bare: Redis;
  const sinks: RedisCounters[] = [];
  beforeAll(async () => {
    stack = await sharedStack();
    lab = await EngineLab.open(stack.addresses.kafka);
    bare = new Redis(stack.addresses.redis);
    bare.on('error', () => {}); // it is stopped on purpose
  });
  afterAll(async () => {
    await lab.close();
    await Promise.all(sinks.map((sink) => sink.close()));
    bare.disconnect();
  });

  async function start(name: string) {
    const [topic = ''] = await lab.topics(PARTITIONS, name);
    const settings = { url: stack.addresses.redis, prefix: `${lab.id}-${name}`, timeoutMs: 1_000 };
    const sink = createRedisCounters(settings);
    sinks.push(sink);
    const left: number[] = [];
    const deps = {
      imageStats: topic,
      codec: statsCodec,
      sink,
      lingerMs: 50,
      onUndecodable: (_: unknown, { offset }: { offset: number }) => left.push(offset),
    };
    const instance = (): KafkaStreams =>
      lab.instance(countersTopology(deps), { applicationId: `${lab.id}-${name}` });
    const streams = instance();
    await streams.start();
    const feed = (from: number, to: number) => feedStats(stack.addresses.kafka, topic, PARTITIONS, from, to);
    const total = async () =>
      (await readCounts(settings)).counts.reduce((sum, { images }) => sum + images, 0);
    const counted = (images: number) =>
      until(`${images} are counted`, async () => (await total()) === images);
    const keys = () => bare.keys(`${settings.prefix}:*`);
    return { topic, streams, instance, feed, total, counted, keys, left, read: () => readCounts(settings) };
  }

  it('counts each image once, over a restart too', async () => {
    const { feed, counted, read, streams, instance } = await start('once');
    await feed(0, 600);
    await counted(600);
    const { counts } = await read();
    expect(counts).toHaveLength(6);
    expect(counts.every(({ images }) => images === 100)).toBe(true);
    await streams.close();
    await feed(600, 700);
    await instance().start();
    await counted(700);
  });

  it('leaves out what is no event, and counts on', async () => {
    const { topic, feed, counted, left } = await start('poison');
    await lab.feed(topic, PARTITIONS, 0, 4);
    await feed(0, 10);
    await counted(10);
    expect(left).toHaveLength(4);
  });

  it('counts all again when Redis was emptied', async () => {
    const { feed, counted, read, keys } = await start('emptied');
    await feed(0, 300);
    await counted(300);
    await bare.del(...(await keys()));
    await feed(300, 310);
    await counted(310);
    expect(await read()).toMatchObject({ rebuilding: false, incomplete: false });
  });

  it('counts what an older state of Redis lacks', async () => {
    const { feed, counted, keys } = await start('older');
    await feed(0, 100);
    await counted(100);
    const snapshot = await Promise.all(
      (await keys()).map(async (key) => ({ key, value: await bare.dumpBuffer(key) })),
    );
    await feed(100, 300);
    await counted(300);
    for (const { key, value } of snapshot) await bare.restore(key, 0, value ?? '', 'REPLACE');
    await feed(300, 310);
    await counted(310);
  });

  it('says that images are missing when the topic no longer has them', async () => {
    const { topic, feed, counted, read, keys } = await start('missing');
    await feed(0, 100);
    await counted(100);
    await lab.admin.fetchTopicOffsets(topic); // makes KafkaJS know the topic's leaders
    await lab.admin.deleteTopicRecords({
      topic,
      partitions: [0, 1].map((partition) => ({ partition, offset: '30' })),
    });
    await bare.del(...(await keys()));
    await feed(100, 110);
    await counted(50);
    expect(await read()).toMatchObject({
      rebuilding: false,
      incomplete: true,
      missing: [{ beforeOffset: 30 }, { beforeOffset: 30 }],
    });
  });

  it('is not ready while Redis is down, says why, and counts what came meanwhile', async () => {
    const { feed, counted, streams } = await start('down');
    await feed(0, 10);
    await counted(10);
    const redis = stack.component('redis');
    await redis.stop();
    try {
      await feed(10, 200);
      await until('health says why', () =>
        streams.health().causes.some((cause) => cause.includes('Redis is not to be reached')),
      );
      expect(streams.health().ready).toBe(false);
    } finally {
      await redis.start();
    }
    await counted(200);
    await until('it is ready again', () => streams.health().ready);
  });
});
