import { StreamsError } from '../errors.ts';
import { type SinkRecord, SinkWriteError } from '../external-sink.ts';
import type { ExternalSinkSpec } from '../graph/nodes.ts';
import { waitBackoff } from './backoff.ts';
import type { StagedBatch } from './stage.ts';

/** Hears of a sink's trouble and its end, for health and metrics. */
export type OnSinkTrouble = (sink: string, reason: string | undefined) => void;

/** Writes a batch's records to the sinks outside Kafka, with retries, until all are durable. */
export async function flushExternal(
  batch: StagedBatch,
  signal: AbortSignal,
  onTrouble: OnSinkTrouble,
): Promise<void> {
  for (const [spec, records] of batch.external) {
    for (let at = 0; at < records.length; at += spec.maxBatchRecords) {
      await writeAll(spec, records.slice(at, at + spec.maxBatchRecords), signal, onTrouble);
    }
  }
}

async function writeAll(
  spec: ExternalSinkSpec,
  batch: readonly SinkRecord[],
  signal: AbortSignal,
  onTrouble: OnSinkTrouble,
): Promise<void> {
  let left = batch;
  for (let attempt = 0; ; attempt++) {
    try {
      await spec.sink.write(left, signal);
      if (attempt > 0) onTrouble(spec.sink.name, undefined);
      return;
    } catch (error) {
      signal.throwIfAborted();
      const partial = error instanceof SinkWriteError;
      if (!partial && !(error instanceof StreamsError && error.disposition === 'retry')) throw error;
      if (partial) left = left.filter((_, index) => error.failed.includes(index));
      onTrouble(spec.sink.name, error.message);
      if (left.length === 0) return;
      await waitBackoff(attempt, signal);
    }
  }
}
