import type { RecordContext, StreamRecord } from './record.ts';

/** A record on its way out of the topology, with the place of its source record. */
export interface SinkRecord<K = unknown, V = unknown> extends StreamRecord<K, V> {
  readonly context: RecordContext;
}

/** A stretch of a source partition: every record from `from` up to, not including, `to`. Stretches follow on one another. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface SinkContext {
  /** Fires when the task is lost: give up. */
  readonly signal: AbortSignal;
  /** The stretches of the source that the batch is all of, whatever the topology has filtered out. */
  readonly ranges: readonly OffsetRange[];
}

/**
 * Something outside Kafka that records are written to. Its batch is flushed, with its retries, before the transaction
 * that commits its offsets begins, so a record may come again after a crash: `write` must be idempotent.
 */
export interface ExternalSink<K = unknown, V = unknown> {
  /** Shown by `describe()` and in metrics. */
  readonly name: string;
  /**
   * Whether it fences by position: it is then called for every stretch of the source, also for one that left no records,
   * and may throw ReplayFromError.
   */
  readonly fenced?: boolean;
  /** Resolves when every record is durable; throws SinkWriteError naming those that are not, else all are written again. */
  write(batch: readonly SinkRecord<K, V>[], context: SinkContext): Promise<void>;
  /**
   * What the sink has asked for again no longer exists before `offset`: it is to begin anew there, and to say from then
   * on that earlier records are missing. Without it the application stops with OFFSETS_EXPIRED.
   */
  beginAt?(place: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }): Promise<void>;
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

/**
 * The sink has lost records that it had acknowledged, and has applied nothing of this batch. The task is dropped and
 * acquired again at these positions.
 */
export class ReplayFromError extends Error {
  readonly code = 'REPLAY_FROM';
  readonly positions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];

  constructor(message: string, positions: ReplayFromError['positions']) {
    super(message);
    this.name = 'ReplayFromError';
    this.positions = positions;
  }
}
