import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ReplayFromError } from '../external-sink.ts';
import type { SubTopology } from '../graph/topology.ts';
import type { Intake } from './intake.ts';
import { decodeOffsetMetadata, type OffsetMetadata } from './offset-metadata.ts';
import type { Logger, OnOffsetsExpired } from './settings.ts';

/** A new leader learns the end of a partition a moment after it has become one. */
const END_ATTEMPTS = 10;
const END_WAIT_MS = 300;

/** Where a task goes on with one of its partitions. */
export interface StartPosition {
  readonly intake: Intake;
  readonly startOffset: number;
  /** What was committed with the offset; undefined where the task begins anew. */
  readonly metadata: OffsetMetadata | undefined;
}

type OffsetsAdmin = Pick<Admin, 'fetchOffsets' | 'fetchTopicOffsets'>;

export interface StartOptions {
  readonly admin: OffsetsAdmin;
  readonly groupId: string;
  readonly subTopology: SubTopology;
  readonly intakes: readonly Intake[];
  readonly onOffsetsExpired: OnOffsetsExpired;
  /** Go on here instead of at the committed offsets: a sink has lost what came after. */
  readonly replayFrom: ReplayFromError['positions'];
  readonly logger: Logger;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Where to go on. Throws OFFSETS_EXPIRED where the topic does not have that position, unless the application has chosen another. */
export async function startPositions(options: StartOptions): Promise<StartPosition[]> {
  const { admin, groupId, intakes, replayFrom } = options;
  const topics = [...new Set(intakes.map(({ topic }) => topic))];
  const committed = await admin.fetchOffsets({ groupId, topics });
  return Promise.all(
    intakes.map(async (intake) => {
      const known = committed
        .find(({ topic }) => topic === intake.topic)
        ?.partitions.find(({ partition }) => partition === intake.partition);
      if (!known) throw notTold('the committed offset', intake);
      const offset = Number(known.offset);
      const bounds = await boundsOf(admin, intake, offset);
      intake.highWatermark = bounds.high;
      const metadata = decodeOffsetMetadata(known.metadata);
      const replay = replayFrom.find(
        ({ topic, partition }) => topic === intake.topic && partition === intake.partition,
      )?.offset;
      if (replay !== undefined) {
        if (replay < offset) requireStateless(options.subTopology, intake, replay);
        if (replay < bounds.low) await beginAt(options.subTopology, intake, bounds.low, replay);
        return { intake, startOffset: Math.max(replay, bounds.low), metadata };
      }
      if (offset < 0) return { intake, startOffset: bounds.low, metadata: undefined };
      return { intake, startOffset: withinBounds(options, intake, offset, bounds), metadata };
    }),
  );
}

/**
 * KafkaJS asks only about the partitions that its metadata has, and answers for no others: while its metadata is behind, an
 * answer without a partition says nothing about what is committed. The take-over is tried again.
 */
const notTold = (what: string, { topic, partition }: Place) =>
  new Error(
    `${what} of ${topic}-${partition} could not be learned: the client does not know the partition yet`,
  );

async function boundsOf(admin: OffsetsAdmin, { topic, partition }: Place, atLeast: number): Promise<Bounds> {
  for (let attempt = 1; ; attempt++) {
    const found = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    if (!found) throw notTold('the ends', { topic, partition });
    const bounds = { low: Number(found.low), high: Number(found.high) };
    if (bounds.high >= atLeast || attempt === END_ATTEMPTS) return bounds;
    await delay(END_WAIT_MS);
  }
}

function withinBounds(
  { onOffsetsExpired, logger }: StartOptions,
  { topic, partition }: Place,
  offset: number,
  { low, high }: Bounds,
): number {
  if (offset >= low && offset <= high) return offset;
  switch (onOffsetsExpired) {
    case 'fail':
      throw offset < low
        ? offsetsExpired(topic, partition, offset, low)
        : offsetsBehindEnd(topic, partition, offset, high);
    case 'earliest':
    case 'latest': {
      const to = onOffsetsExpired === 'earliest' ? low : high;
      logger.warn(
        { topic, partition, offset, low, high, to },
        'the committed offset is gone; going on as configured',
      );
      return to;
    }
    default:
      return onOffsetsExpired satisfies never;
  }
}

/** State cannot be taken back to an earlier record: what is read again would be counted again. */
function requireStateless({ stores }: SubTopology, { topic, partition }: Place, replay: number): void {
  if (stores.length === 0) return;
  throw new StreamsError(
    'REPLAY_IMPOSSIBLE',
    'fail',
    `a sink wants ${topic}-${partition} again from offset ${replay}, but the stores ${stores.map(({ name }) => name).join(', ')} in the same ` +
      'sub-topology have counted those records already. Put a topic between the stores and the sink, or reset the application',
  );
}

/** What a sink wants again is no longer in the topic: it begins anew where the topic begins, if it can. */
async function beginAt(
  subTopology: SubTopology,
  { topic, partition }: Place,
  low: number,
  wanted: number,
): Promise<void> {
  const sinks = subTopology.nodes.flatMap((node) => (node.kind === 'external-sink' ? [node.sink] : []));
  const able = sinks.filter((sink) => sink.beginAt);
  if (able.length === 0) throw offsetsExpired(topic, partition, wanted, low);
  for (const sink of able) await sink.beginAt?.({ topic, partition, offset: low });
}

/** Records that were never processed are gone: a person has to decide, nothing is skipped silently. */
export function offsetsExpired(topic: string, partition: number, offset: number, low: number): StreamsError {
  return new StreamsError(
    'OFFSETS_EXPIRED',
    'fail',
    `${topic}-${partition}: the application would go on at offset ${offset}, but the topic now begins at ${low}; ${low - offset} records were removed before they ` +
      `were processed. To go on without them, set the group's offset to ${low} (kafka-consumer-groups.sh --reset-offsets --to-offset ${low}) and start again, ` +
      "or set onOffsetsExpired to 'earliest' or 'latest'",
  );
}

function offsetsBehindEnd(topic: string, partition: number, offset: number, high: number): StreamsError {
  return new StreamsError(
    'OFFSETS_EXPIRED',
    'fail',
    `${topic}-${partition}: the application would go on at offset ${offset}, but the topic now ends at ${high}: it was made anew, or a broker has lost its tail. ` +
      `To go on, set the group's offset (kafka-consumer-groups.sh --reset-offsets) and start again, or set onOffsetsExpired to 'earliest' or 'latest'. ` +
      'A sink with a fence remembers the old offsets and would take new records for repeats: reset it too (the counters: darkroom reset --roles counters)',
  );
}
