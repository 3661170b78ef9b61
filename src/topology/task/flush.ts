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

/** Parts of at most `max` records; their ranges follow on one another and together make up the batch's. */
function* split(
  records: readonly SinkRecord[],
  positions: readonly OffsetRange[],
  max: number,
): Generator<{ records: readonly SinkRecord[]; ranges: readonly OffsetRange[] }> {
  let left = positions;
  let at = 0;
  for (; at + max < records.length; at += max) {
    const part = records.slice(at, at + max);
    const reached = left.map((range) => ({ ...range, to: reachedBy(part, records[at + max], range) }));
    yield { records: part, ranges: reached.filter(({ from, to }) => to > from) };
    left = left.map((range, index) => ({ ...range, from: reached[index]?.to ?? range.from }));
  }
  yield { records: records.slice(at), ranges: left };
}

/** How far a part takes a partition: behind its last record there, unless that one's source goes on in the next part. */
function reachedBy(part: readonly SinkRecord[], next: SinkRecord | undefined, range: OffsetRange): number {
  const isHere = ({ context }: SinkRecord) =>
    context.topic === range.topic && context.partition === range.partition;
  const last = part.findLast(isHere)?.context.offset;
  if (last === undefined) return range.from;
  return next && isHere(next) && next.context.offset === last ? last : last + 1;
}

async function writeAll(
  { sink }: ExternalSinkSpec,
  batch: readonly SinkRecord[],
  context: SinkContext,
  onTrouble: OnSinkTrouble,
  retries: Retries,
): Promise<void> {
  let left = batch;
  for (let attempt = 0; ; attempt++) {
    try {
      await sink.write(left, context);
      if (attempt > 0) onTrouble(sink.name, undefined);
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      const partial = error instanceof SinkWriteError;
      if (!partial && !(error instanceof StreamsError && error.disposition === 'retry')) throw error;
      if (partial) left = left.filter((_, index) => error.failed.includes(index));
      onTrouble(sink.name, error.message);
      const timeUp = retries.timeUp(error, `writing to ${sink.name}`);
      if (timeUp) throw timeUp;
      await retries.pause(context.signal);
    }
  }
}
