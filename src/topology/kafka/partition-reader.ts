import type { Kafka } from 'kafkajs';
import type { ConsumedRecord } from '../record.ts';
import { waitBackoff } from '../task/backoff.ts';
import { toConsumed } from './convert.ts';
import { errorType, isFatal } from './errors.ts';
import { type Cluster, createCluster } from './mended.ts';

const MAX_FETCH_BYTES = 1024 * 1024;
const READ_COMMITTED = 1;

/** What one fetch of one partition brought. */
export interface Fetched {
  /** Committed records, from the offset that was asked for. */
  readonly records: readonly ConsumedRecord[];
  /** Where to go on; past control and aborted records too. */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

/** A partition no longer has, or not yet has, the offset that was asked for. */
export class OffsetGoneError extends Error {
  constructor(topic: string, partition: number, offset: number) {
    super(`${topic}-${partition} has no offset ${offset}`);
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
   * One fetch; a broker that is away is waited for. `waitMs`: how long the broker may wait for a first record. Throws
   * OffsetGoneError, the signal's reason, or what trying again cannot heal.
   */
  async fetch(
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    { signal, waitMs = 0 }: { readonly signal: AbortSignal; readonly waitMs?: number },
  ): Promise<Fetched> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await this.#fetchOnce(place, waitMs);
      } catch (error) {
        signal.throwIfAborted();
        const type = errorType(error);
        if (type === 'OFFSET_OUT_OF_RANGE')
          throw new OffsetGoneError(place.topic, place.partition, place.offset);
        if (isFatal(type)) throw error;
        await waitBackoff(attempt, signal);
        await this.#recover(error);
      }
    }
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect().catch(() => {});
  }

  async #fetchOnce(
    {
      topic,
      partition,
      offset,
    }: { readonly topic: string; readonly partition: number; readonly offset: number },
    waitMs: number,
  ): Promise<Fetched> {
    await this.#cluster.connect();
    await this.#cluster.addMultipleTargetTopics([topic]);
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`${topic}-${partition} is not known to the brokers`);
    const broker = await this.#cluster.findBroker({ nodeId });
    const answer = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: MAX_FETCH_BYTES,
      topics: [
        { topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: MAX_FETCH_BYTES }] },
      ],
    });
    const data = answer.responses[0]?.partitions[0];
    if (!data) throw new Error(`a fetch of ${topic}-${partition} was answered without it`);
    const last = data.messages.at(-1);
    const stable = Number(data.lastStableOffset);
    // a batch that compaction has emptied shows nothing, not even its length: step into it until it ends
    const nextOffset = last
      ? Math.max(offset, Number(last.batchContext.firstOffset) + last.batchContext.lastOffsetDelta + 1)
      : offset < stable
        ? offset + 1
        : offset;
    return {
      records: data.messages
        .filter((message) => !message.isControlRecord && Number(message.offset) >= offset)
        .map((message) => toConsumed(topic, partition, message, true)),
      nextOffset,
      highWatermark: Number(data.highWatermark),
    };
  }

  async #recover(error: unknown): Promise<void> {
    const host: unknown = error instanceof Error ? Reflect.get(error, 'host') : undefined;
    const port: unknown = error instanceof Error ? Reflect.get(error, 'port') : undefined;
    if (typeof host === 'string' && typeof port === 'number') this.#cluster.removeBroker({ host, port });
    await this.#cluster.refreshMetadata().catch(() => {}); // the next attempt says what is wrong
  }
}
