import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { test, vi } from 'vitest';
import type { Chain } from './harness/chain.ts';
import { chainSurvives } from './harness/chain-survives.ts';

const BETWEEN_MS = 4_000;
const COUNTED_WITHIN_MS = 60_000;

/** Kills Redis, starts it, and changes what it has: its clients have not had time to get far. */
async function restartRedis(chain: Chain, change: (redis: Redis) => Promise<void>): Promise<void> {
  await chain.stack.component('redis').kill();
  await delay(1_000);
  await chain.stack.component('redis').start();
  await withRedis(chain, change);
}

async function withRedis<T>(chain: Chain, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(chain.stack.addresses.redis, { lazyConnect: true });
  await redis.connect();
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** The keys of this run, once there are any: on a busy machine the first counts take their time. */
async function someKeysOf(redis: Redis, chain: Chain): Promise<string[]> {
  return vi.waitUntil(
    async () => {
      const keys = await keysOf(redis, chain);
      return keys.length > 0 && keys;
    },
    { timeout: COUNTED_WITHIN_MS, interval: 200 },
  );
}

const keysOf = async (redis: Redis, chain: Chain) =>
  (await redis.keys('*')).filter((key) => key.startsWith(`${chain.run}:`));

test('Redis restarts empty: all is counted again from the topic', async () => {
  await chainSurvives('redis-empty', async (chain, say) => {
    await withRedis(chain, (redis) => someKeysOf(redis, chain));
    await restartRedis(chain, async (redis) => {
      const keys = await keysOf(redis, chain);
      await redis.unlink(...keys);
      say(`Redis is up again, without its ${keys.length} keys`);
    });
    await delay(BETWEEN_MS);
  });
});

test('Redis restarts with an older snapshot: what it lost is counted again, and nothing twice', async () => {
  await chainSurvives('redis-older', async (chain, say) => {
    const snapshot = await withRedis(chain, async (redis) => {
      const keys = await someKeysOf(redis, chain);
      return Promise.all(keys.map(async (key) => ({ key, value: await redis.dumpBuffer(key) })));
    });
    await delay(BETWEEN_MS);
    await restartRedis(chain, async (redis) => {
      const change = redis.multi().unlink(...(await keysOf(redis, chain)));
      for (const { key, value } of snapshot) if (value) change.restore(key, 0, value);
      await change.exec();
      say(`Redis is up again, as it was ${BETWEEN_MS} ms before`);
    });
    await delay(BETWEEN_MS);
  });
});
