import { StreamsError } from '../errors.ts';
import { type OffsetRange, type SinkContext, type SinkRecord, SinkWriteError } from '../external-sink.ts';
import type { ExternalSinkSpec } from '../graph/nodes.ts';
import { Retries } from './retries.ts';
import type { StagedBatch } from './stage.ts';

/** Hears of a sink's trouble and its end, for health and metrics. */
export type OnSinkTrouble = (sink: string, reason: string | undefined) => void;

/**
 * Writes a batch's records to the sinks outside Kafka, with retries, until all are durable. Rejects with what cannot be
 * retried, or with TASK_TIMEOUT.
 */
export async function flushExternal(
  sinks: readonly ExternalSinkSpec[],
  batch: Pick<StagedBatch, 'external' | 'positions'>,
  signal: AbortSignal,
  onTrouble: OnSinkTrouble,
  taskTimeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const spec of sinks) {
    const records = batch.external.get(spec) ?? [];
    if (records.length === 0 && !spec.sink.fenced) continue;
    for (const part of split(records, batch.positions, spec.maxBatchRecords)) {
      const retries = new Retries(taskTimeoutMs);
      await writeAll(spec, part.records, { signal, ranges: part.ranges }, onTrouble, retries);
    }
  }
}

/**
 * Parts of at most `max` records; their ranges follow on one another and together make up the batch's. A source record's own stay in
 * one part, if need be a larger one: a fence lies between source records, and half of one could be written twice.
 */
function* split(
  records: readonly SinkRecord[],
  positions: readonly OffsetRange[],
  max: number,
): Generator<{ records: readonly SinkRecord[]; ranges: readonly OffsetRange[] }> {
  let left = positions;
  let at = 0;
  for (let end = endOfPart(records, at, max); end < records.length; end = endOfPart(records, at, max)) {
    const part = records.slice(at, end);
    const reached = left.map((range) => ({ ...range, to: reachedBy(part, range) }));
    yield { records: part, ranges: reached.filter(({ from, to }) => to > from) };
    left = left.map((range, index) => ({ ...range, from: reached[index]?.to ?? range.from }));
    at = end;
  }
  yield { records: records.slice(at), ranges: left };
}

/** Where the part that begins at `at` ends: between two source records. */
function endOfPart(records: readonly SinkRecord[], at: number, max: number): number {
  const cuts = (end: number) => !isSameSource(records[end - 1], records[end]);
  let end = at + max;
  if (end >= records.length) return records.length;
  while (end > at && !cuts(end)) end--;
  if (end > at) return end;
  end = at + max;
  while (end < records.length && !cuts(end)) end++;
  return end;
}

function isSameSource(one: SinkRecord | undefined, other: SinkRecord | undefined): boolean {
  if (!one || !other) return false;
  const { topic, partition, offset } = one.context;
  return (
    offset === other.context.offset && partition === other.context.partition && topic === other.context.topic
  );
}

/** How far a part takes a partition: behind its last record there. */
function reachedBy(part: readonly SinkRecord[], { topic, partition, from }: OffsetRange): number {
  const last = part.findLast(({ context }) => context.topic === topic && context.partition === partition);
  return last ? last.context.offset + 1 : from;
}

async function writeAll(
  { sink }: ExternalSinkSpec,
  batch: readonly SinkRecord[],
  context: SinkContext,
  onTrouble: OnSinkTrouble,
  retries: Retries,
): Promise<void> {
  let left = batch;
  let troubled = false;
  try {
    for (;;) {
      try {
        return await sink.write(left, context);
      } catch (error) {
        context.signal.throwIfAborted();
        const partial = error instanceof SinkWriteError;
        if (!partial && !(error instanceof StreamsError && error.disposition === 'retry')) throw error;
        if (partial) left = left.filter((_, index) => error.failed.includes(index));
        troubled = true;
        onTrouble(sink.name, error.message);
        const timeUp = retries.timeUp(error, `writing to ${sink.name}`);
        if (timeUp) throw timeUp;
        await retries.pause(context.signal);
      }
    }
  } finally {
    // However it ended: whoever writes next, perhaps another instance, tells of trouble anew.
    if (troubled) onTrouble(sink.name, undefined);
  }
}
