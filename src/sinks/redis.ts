import {
  type ExternalSink,
  type OffsetRange,
  ReplayFromError,
  type SinkRecord,
} from '../topology/external-sink.ts';
import { RedisConnection, type RedisSettings, runScript } from './redis-connection.ts';
import { PartitionKeys } from './redis-keys.ts';
import { BEGIN, COUNT } from './redis-scripts.ts';

/** What images are counted by. */
export interface ImageCategory {
  readonly customerId: string;
  readonly type: string;
  readonly outcome: string;
  /** Day on which it was received, UTC, as in 2026-11-20. */
  readonly day: string;
}

/** An image that is counted, or that was counted and is not what it was taken for: -1 takes it out again. */
export interface CountedImage extends ImageCategory {
  readonly change: 1 | -1;
}

export interface RedisCountersSettings extends RedisSettings {
  /** What all keys begin with; `darkroom` by default. */
  readonly prefix?: string;
}

/** What has happened since the start. */
export interface RedisCountersCounts {
  readonly counted: number;
  /** Records that came again and were left out. */
  readonly repeated: number;
  /** How often Redis had lost what it had been given. */
  readonly losses: number;
}

export interface RedisCounters extends ExternalSink<unknown, CountedImage> {
  /**
   * Throws REDIS_EVICTS, REDIS_REFUSED (`fail`) when this Redis is not to be used, REDIS_UNAVAILABLE (`retry`) when it
   * does not answer.
   */
  check(options: { readonly signal: AbortSignal }): Promise<void>;
  counts(): RedisCountersCounts;
  close(): Promise<void>;
}

/**
 * Counts images in Redis, each once: a batch and its fence change in one step, and what lies below the fence is left
 * out. A Redis that was emptied, or came back with an older state, is noticed by its fence: the topic is read again from
 * there, or from its beginning, with a note that earlier images are missing.
 */
export function createRedisCounters(settings: RedisCountersSettings): RedisCounters {
  const { prefix = 'darkroom' } = settings;
  const connection = new RedisConnection(settings);
  const never = new AbortController().signal;
  const counts = { counted: 0, repeated: 0, losses: 0 };

  /** Undefined, or the offset from which on Redis needs the stretch's partition again. */
  const count = async (
    { topic, partition, from, to }: OffsetRange,
    records: readonly SinkRecord<unknown, CountedImage>[],
    signal: AbortSignal,
  ): Promise<number | undefined> => {
    const keys = new PartitionKeys(prefix, partition);
    const days = [...new Set(records.map(({ value }) => value.day))];
    const args = records.flatMap(
      ({ context: { offset }, value: { customerId, type, outcome, day, change } }) => [
        offset,
        days.indexOf(day) + 1,
        JSON.stringify([customerId, type, outcome]),
        change,
      ],
    );
    const reply = await connection.useSafely(
      (client) =>
        runScript(
          client,
          COUNT,
          [keys.fence, keys.state, ...days.map((day) => keys.counts(day))],
          [topic, from, to, ...args],
        ),
      signal,
    );
    const [done, first, second] = numbersOf(reply);
    if (done === 0) return first;
    counts.counted += first;
    counts.repeated += second;
    return undefined;
  };

  return {
    name: 'redis counters',
    fenced: true,
    async write(batch, { ranges, signal }) {
      const lost: { topic: string; partition: number; offset: number }[] = [];
      for (const range of ranges) {
        const { topic, partition } = range;
        const here = batch.filter(
          ({ context }) => context.partition === partition && context.topic === topic,
        );
        const offset = await count(range, here, signal);
        if (offset !== undefined) lost.push({ topic, partition, offset });
      }
      if (lost.length === 0) return;
      counts.losses++;
      const places = lost.map(
        ({ topic, partition, offset }) => `${topic}-${partition} from offset ${offset}`,
      );
      throw new ReplayFromError(`Redis has lost counts; it needs again: ${places.join(', ')}`, lost);
    },
    async beginAt({ topic, partition, offset }) {
      const keys = new PartitionKeys(prefix, partition);
      const now = new Date().toISOString();
      await connection.useSafely(
        (client) => runScript(client, BEGIN, [keys.fence, keys.state], [topic, offset, now]),
        never,
      );
    },
    check: ({ signal }) => connection.useSafely(async () => {}, signal),
    counts: () => ({ ...counts }),
    close: async () => connection.close(),
  };
}

function numbersOf(reply: unknown): [number, number, number] {
  const [done, first, second = 0]: unknown[] = Array.isArray(reply) ? reply : [];
  if (typeof done === 'number' && typeof first === 'number' && typeof second === 'number') {
    return [done, first, second];
  }
  throw new Error('Redis answered the script in another form than it has');
}
