// What the counters say, asked for as anybody could: Redis' hashes, and the analysts' view of the warehouse.
import { Redis } from 'ioredis';
import pg from 'pg';
import { keyPattern, parseKey } from '../../src/sinks/redis-keys.ts';
import type { Stack } from '../stack/stack.ts';
import { type Counter, type Counts, countKey } from './account.ts';

const KEY_PREFIX = 'darkroom';

/** How each counter is asked. */
export const askCounters: Readonly<Record<Counter, (stack: Stack) => Promise<Counts>>> = {
  Redis: async ({ addresses }) => {
    const redis = new Redis(addresses.redis, { lazyConnect: true, maxRetriesPerRequest: 1 });
    const counts = new Map<string, number>();
    try {
      await redis.connect();
      const keys = new Set<string>(); // a scan may show one twice
      for await (const page of redis.scanStream({ match: keyPattern(KEY_PREFIX) }))
        for (const key of page) keys.add(key);
      for (const key of [...keys].filter((name) => parseKey(name)?.kind === 'counts')) {
        for (const [field, count] of Object.entries(await redis.hgetall(key)))
          counts.set(field, (counts.get(field) ?? 0) + Number(count));
      }
    } finally {
      redis.disconnect();
    }
    return counts;
  },
  warehouse: async ({ addresses }) => {
    const client = new pg.Client({ connectionString: addresses.warehouse });
    await client.connect();
    try {
      const { rows } = await client.query<{
        customer: string;
        type: string;
        outcome: string;
        images: string;
      }>(
        'SELECT customer_id AS customer, type, outcome, SUM(images) AS images ' +
          'FROM darkroom.images_by_customer_type_day GROUP BY customer_id, type, outcome',
      );
      return new Map(
        rows.map(({ customer, type, outcome, images }) => [
          countKey(customer, type, outcome),
          Number(images),
        ]),
      );
    } finally {
      await client.end();
    }
  },
};
