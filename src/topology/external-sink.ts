import type { RecordContext, StreamRecord } from './record.ts';

/** A record on its way out of the topology, with the place of its source record. */
export interface SinkRecord<K = unknown, V = unknown> extends StreamRecord<K, V> {
  readonly context: RecordContext;
}

/**
 * Something outside Kafka that records are written to. Its batch is flushed, with its retries, before the transaction
 * that commits its offsets begins, so a record may come again after a crash: `write` must be idempotent.
 */
export interface ExternalSink<K = unknown, V = unknown> {
  /** Shown by `describe()` and in metrics. */
  readonly name: string;
  /** Resolves when every record is durable; throws SinkWriteError naming those that are not, else all are written again. */
  write(batch: readonly SinkRecord<K, V>[], signal: AbortSignal): Promise<void>;
}

/** Names, by index into the batch, the records that are not durable; only those are written again. */
export class SinkWriteError extends Error {
  readonly failed: readonly number[];

  constructor(message: string, failed: readonly number[], options?: ErrorOptions) {
    super(message, options);
    this.name = 'SinkWriteError';
    this.failed = failed;
  }
}
