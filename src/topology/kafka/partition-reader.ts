import type { Kafka } from 'kafkajs';
import type { ConsumedRecord } from '../record.ts';
import { waitBackoff } from '../task/backoff.ts';
import { toConsumed } from './convert.ts';
import { errorType, isFatal } from './errors.ts';
import { type Cluster, createCluster, type ReadPartition } from './mended.ts';

const MAX_FETCH_BYTES = 1024 * 1024;
const READ_COMMITTED = 1;

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What a fetch brought of one partition. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  /** Committed records, from the offset that was asked for. */
  readonly records: readonly ConsumedRecord[];
  /** Where to go on; past control and aborted records too. */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

/** A partition no longer has, or not yet has, the offset that was asked for. */
export class OffsetGoneError extends Error {
  constructor(cause: unknown) {
    super('a partition does not have the offset that was asked for', { cause });
    this.name = 'OffsetGoneError';
  }
}

/**
 * Reads given partitions, committed records only, without a group: to join one takes seconds, and a restore must not wait.
 * Fetches of one reader stand in line behind one another at a broker.
 */
export class PartitionReader {
  readonly #cluster: Cluster;

  constructor(kafka: Kafka) {
    this.#cluster = createCluster(kafka);
  }

  /**
   * One fetch of several partitions; a broker that is away is waited for. `waitMs`: how long a broker may wait for a first
   * record. Throws OffsetGoneError, the signal's reason, or what trying again cannot heal.
   */
  async fetch(
    places: readonly Place[],
    { signal, waitMs = 0 }: { readonly signal: AbortSignal; readonly waitMs?: number },
  ): Promise<readonly Fetched[]> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await this.#fetchOnce(places, waitMs);
      } catch (error) {
        signal.throwIfAborted();
        const type = errorType(error);
        if (type === 'OFFSET_OUT_OF_RANGE') throw new OffsetGoneError(error);
        if (isFatal(type)) throw error;
        await waitBackoff(attempt, signal);
        await this.#recover(error);
      }
    }
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect().catch(() => {});
  }

  async #fetchOnce(places: readonly Place[], waitMs: number): Promise<readonly Fetched[]> {
    await this.#cluster.connect();
    await this.#cluster.addMultipleTargetTopics([...new Set(places.map(({ topic }) => topic))]);
    const byLeader = Map.groupBy(places, ({ topic, partition }) => {
      const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]));
      if (nodeId === undefined) throw new Error(`${topic}-${partition} is not known to the brokers`);
      return nodeId;
    });
    const answers = await Promise.all(
      [...byLeader].map(([nodeId, led]) => this.#fetchFrom(nodeId, led, waitMs)),
    );
    return answers.flat();
  }

  async #fetchFrom(nodeId: string, places: readonly Place[], waitMs: number): Promise<Fetched[]> {
    const broker = await this.#cluster.findBroker({ nodeId });
    const answer = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: MAX_FETCH_BYTES,
      topics: places.map(({ topic, partition, offset }) => ({
        topic,
        partitions: [{ partition, fetchOffset: String(offset), maxBytes: MAX_FETCH_BYTES }],
      })),
    });
    return answer.responses.flatMap(({ topicName, partitions }) =>
      partitions.flatMap((data) => {
        const place = places.find((one) => one.topic === topicName && one.partition === data.partition);
        return place ? [fetchedAt(place, data, places.length === 1)] : [];
      }),
    );
  }

  async #recover(error: unknown): Promise<void> {
    const host: unknown = error instanceof Error ? Reflect.get(error, 'host') : undefined;
    const port: unknown = error instanceof Error ? Reflect.get(error, 'port') : undefined;
    if (typeof host === 'string' && typeof port === 'number') this.#cluster.removeBroker({ host, port });
    await this.#cluster.refreshMetadata().catch(() => {}); // the next attempt says what is wrong
  }
}

/** `alone`: nothing else was asked for, so an empty answer below the stable end has no other reason than the place. */
function fetchedAt({ topic, partition, offset }: Place, data: ReadPartition, alone: boolean): Fetched {
  const last = data.messages.at(-1);
  // a batch that compaction has emptied shows nothing, not even its length: step into it until it ends
  const empty = alone && offset < Number(data.lastStableOffset) ? offset + 1 : offset;
  return {
    topic,
    partition,
    records: data.messages
      .filter((message) => !message.isControlRecord && Number(message.offset) >= offset)
      .map((message) => toConsumed(topic, partition, message, true)),
    nextOffset: last
      ? Math.max(offset, Number(last.batchContext.firstOffset) + last.batchContext.lastOffsetDelta + 1)
      : empty,
    highWatermark: Number(data.highWatermark),
  };
}
