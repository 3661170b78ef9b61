import type { Redis } from 'ioredis';
import type { ImageCategory, RedisCountersSettings } from './redis.ts';
import { RedisConnection } from './redis-connection.ts';
import { keyPattern, parseKey } from './redis-keys.ts';

export interface CountOfImages extends ImageCategory {
  readonly images: number;
}

/** Images of a partition that exist in no topic any more and are in no count. */
export interface MissingImages {
  readonly topic: string;
  readonly partition: number;
  /** Some of the records below this offset are not counted. */
  readonly beforeOffset: number;
  /** When that was found, ISO 8601. */
  readonly since: string;
}

export interface ImageCounts {
  /** Sums over all partitions, ordered by day, customer, type, outcome. */
  readonly counts: readonly CountOfImages[];
  /** Whether Redis has lost counts and is being given them again: they are too low until it has. */
  readonly rebuilding: boolean;
  /** Whether counts stay too low: what Redis had lost was no longer in the topic. `missing` says what. */
  readonly incomplete: boolean;
  readonly missing: readonly MissingImages[];
}

const SCAN_STEP = 1_000;

/** Reads the counts once, over a connection of its own. Throws as RedisCounters.check does. */
export async function readCounts(settings: RedisCountersSettings): Promise<ImageCounts> {
  const connection = new RedisConnection(settings);
  try {
    return await connection.use(
      (client) => read(client, settings.prefix ?? 'darkroom'),
      new AbortController().signal,
    );
  } finally {
    connection.close();
  }
}

/** How many keys the counters have: counts, fences, what is known of losses. Throws as RedisCounters.check does. */
export const countKeys = (settings: RedisCountersSettings): Promise<number> =>
  onOwnKeys(settings, async (_client, keys) => keys.length);

/** Removes all of them: Redis then counts as one that never had any. Nobody may be counting. */
export const deleteCounts = (settings: RedisCountersSettings): Promise<number> =>
  onOwnKeys(settings, async (client, keys) => {
    for (const key of keys) await client.unlink(key); // one by one: in a cluster they lie in several slots
    return keys.length;
  });

async function onOwnKeys<T>(
  settings: RedisCountersSettings,
  use: (client: Redis, keys: readonly string[]) => Promise<T>,
): Promise<T> {
  const connection = new RedisConnection(settings);
  try {
    return await connection.use(async (client) => {
      const found = await keysOf(client, settings.prefix ?? 'darkroom');
      return use(
        client,
        [...found].filter((key) => parseKey(key)),
      );
    }, new AbortController().signal);
  } finally {
    connection.close();
  }
}

async function read(client: Redis, prefix: string): Promise<ImageCounts> {
  const sums = new Map<string, CountOfImages>();
  const missing: MissingImages[] = [];
  let rebuilding = false;
  for (const key of await keysOf(client, prefix)) {
    const parsed = parseKey(key);
    if (parsed?.kind === 'counts') {
      for (const [field, images] of Object.entries(await client.hgetall(key))) {
        const image = imageOf(field, parsed.day);
        if (!image) continue;
        const name = JSON.stringify(image);
        sums.set(name, { ...image, images: (sums.get(name)?.images ?? 0) + Number(images) });
      }
    } else if (parsed?.kind === 'state') {
      for (const [field, value] of Object.entries(await client.hgetall(key))) {
        const topic = field.slice(field.indexOf(':') + 1);
        if (field.startsWith('rebuild:')) rebuilding = true;
        else if (field.startsWith('missing:'))
          missing.push({ topic, partition: parsed.partition, ...parseMissing(value) });
      }
    }
  }
  return {
    // what a correction has taken out leaves a zero
    counts: [...sums.entries()]
      .toSorted(byName)
      .map(([, count]) => count)
      .filter(({ images }) => images !== 0),
    rebuilding,
    incomplete: missing.length > 0,
    missing,
  };
}

async function keysOf(client: Redis, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', keyPattern(prefix), 'COUNT', SCAN_STEP);
    for (const key of found) keys.add(key);
    cursor = next;
  } while (cursor !== '0');
  return keys;
}

function imageOf(field: string, day: string): ImageCategory | undefined {
  const parts: unknown = JSON.parse(field);
  if (!Array.isArray(parts)) return undefined;
  const [customerId, type, outcome]: unknown[] = parts;
  if (typeof customerId !== 'string' || typeof type !== 'string' || typeof outcome !== 'string')
    return undefined;
  return { day, customerId, type, outcome };
}

function parseMissing(json: string): { beforeOffset: number; since: string } {
  const { before, since }: { before: string; since: string } = JSON.parse(json);
  return { beforeOffset: Number(before), since };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
