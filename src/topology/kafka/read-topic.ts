import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Consumer } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ConsumedRecord } from '../record.ts';
import { createKafka } from './client.ts';
import { toConsumed } from './convert.ts';
import { unreachable } from './errors.ts';
import type { KafkaSettings, Logger } from './settings.ts';

/** A stretch of a partition: offsets from `from` up to, not including, `to`. */
export interface TopicRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface TopicReader {
  /** What the topic holds, told before the first record. */
  begin(ranges: readonly TopicRange[]): void;
  /** The committed records of a stretch in their order; a partition's stretches follow on one another. */
  take(range: TopicRange, records: readonly ConsumedRecord[]): Promise<void>;
}

const { KafkaJSError } = kafkajs;

const STALL_LIMIT_MS = 120_000;
const POLL_MS = 50;

/**
 * Reads all that is committed in a topic as it is now, from its beginning, as a group of its own that commits nothing and is
 * deleted at the end. Throws KAFKA_UNREACHABLE, READ_STALLED when nothing comes any more, or what `take` throws.
 */
export async function readTopic(
  settings: KafkaSettings,
  topic: string,
  reader: TopicReader,
  options: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const kafka = createKafka(settings, options.logger);
  const admin = kafka.admin();
  const groupId = `${settings.clientId}-reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 200 });
  try {
    await admin.connect().catch((error: unknown) => {
      throw unreachable(settings.brokers, error);
    });
    const ranges = await rangesOf(admin, topic);
    reader.begin(ranges);
    await consume(consumer, topic, ranges, reader, options.signal).catch((error: unknown) => {
      throw error instanceof KafkaJSError ? unreachable(settings.brokers, error) : error;
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => {}); // the broker forgets an empty group by itself
    await admin.disconnect();
  }
}

async function rangesOf(admin: Admin, topic: string): Promise<TopicRange[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, low, high }) => ({ partition, from: Number(low), to: Number(high) }))
    .sort((a, b) => a.partition - b.partition);
}

async function consume(
  consumer: Consumer,
  topic: string,
  ranges: readonly TopicRange[],
  reader: TopicReader,
  signal: AbortSignal,
): Promise<void> {
  const open = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, range]));
  if (open.size === 0) return;
  let movedAtMs = Date.now();
  let failure: Error | undefined;
  const fail = (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };
  const step = async (partition: number, position: number, records: readonly ConsumedRecord[]) => {
    const range = open.get(partition);
    if (!range || position <= range.from) return;
    const to = Math.min(position, range.to);
    movedAtMs = Date.now();
    await reader.take(
      { ...range, to },
      records.filter(({ offset }) => offset >= range.from && offset < range.to),
    );
    if (to === range.to) open.delete(partition);
    else open.set(partition, { ...range, from: to });
  };
  let turn = Promise.resolve();
  const advance = (partition: number, position: number, records: readonly ConsumedRecord[]) => {
    turn = turn.then(() => (failure ? undefined : step(partition, position, records))).catch(fail);
    return turn;
  };
  consumer.on('consumer.crash', ({ payload }) => fail(payload.error));
  // stretches of markers and aborted records alone are told by this event, and by no call of eachBatch
  consumer.on('consumer.end_batch_process', ({ payload: { partition, lastOffset } }) => {
    void advance(partition, Number(lastOffset) + 1, []);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const records = batch.messages.map((message) => toConsumed(topic, batch.partition, message, false));
      await advance(batch.partition, Number(batch.lastOffset()) + 1, records);
    },
  });
  while (open.size > 0) {
    signal.throwIfAborted();
    if (failure) throw failure;
    if (Date.now() - movedAtMs > STALL_LIMIT_MS) {
      throw new StreamsError(
        'READ_STALLED',
        'fail',
        `nothing has come of ${topic} for ${STALL_LIMIT_MS / 1000} s; partitions ${[...open.keys()].join(', ')} are not read to ` +
          'their ends. What to do: look for a transaction that is left open, and run it again',
      );
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
  if (failure) throw failure;
}
