import type { ExternalSink } from '../external-sink.ts';
import type { RecordContext, StreamRecord } from '../record.ts';
import type { Deserializer, Serializer } from '../serde.ts';
import type { StoreSpec, StreamClock } from '../stores/bytes.ts';
import type { StateStore } from '../stores/types.ts';

/** Sends a record to all children of the node, or to the one child that is named. */
export type Forward = (record: StreamRecord, child?: string) => void;

/**
 * Reads a record's time, ms since the epoch. `partitionTime` is the highest seen so far on its partition, -1 before the first.
 * What is no whole number is refused (TIMESTAMP_INVALID): the `deserialization` handler is asked about it.
 */
export type TimestampExtractor<K = unknown, V = unknown> = (
  record: StreamRecord<K, V> & { readonly context: RecordContext },
  partitionTime: number,
) => number;

/** Chooses the topic of each record; `name` is what `describe()` shows. */
export interface TopicExtractor {
  readonly name: string;
  readonly extract: (key: unknown, value: unknown, context: RecordContext) => string;
}

/** What a processor may do while it handles a record (KIP-820). */
export interface ProcessorContext<K = unknown, V = unknown> {
  /** To all children, or to the one of that name. Throws TIMESTAMP_INVALID unless the time is a whole number of ms, 0 or more. */
  forward(record: StreamRecord<K, V>, child?: string): void;
  /** Highest record time that the task has seen, ms; -1 before the first record. */
  currentStreamTimeMs(): number;
  currentSystemTimeMs(): number;
  /** The source record at hand; throws NO_RECORD_IN_TURN in a punctuation. */
  recordMetadata(): RecordContext;
  /** A store that the processor was connected to. Throws STORE_UNKNOWN for another. */
  getStateStore<S extends StateStore>(store: StoreHandle<S>): S;
  /**
   * Calls `punctuate` every `intervalMs` of stream time or wall clock, between records. May be called in `init` and later.
   */
  schedule(intervalMs: number, type: PunctuationType, punctuate: (timestampMs: number) => void): Cancellable;
  /**
   * Calls `advance` when the task's stream time was moved forward without a record, since its input is truly idle: windows
   * close in it as if a record of that time had come. What it forwards is handled as a punctuation's. Call it in `init`.
   */
  onStreamTime(advance: (streamTimeMs: number) => void): void;
  /** A clock of this task by name (unique in the topology): kept with the committed offsets, so a takeover goes on from it. */
  clock(name: string): StreamClock;
  /** Counts a record that was left out (`late`, `null-key`, …) and says so in the metrics. */
  dropped(reason: DropReason): void;
}

export type PunctuationType = 'stream-time' | 'wall-clock-time';

/** Why an operator leaves a record out, as it stands in the metrics. */
export type DropReason =
  | 'late'
  | 'null-key'
  | 'null-value'
  | 'negative-timestamp'
  /** An error handler answered `continue`. */
  | 'failed'
  /** An error handler answered `dead-letter`. */
  | 'dead-letter';

export interface Cancellable {
  cancel(): void;
}

/** Names a store and knows its type. */
export interface StoreHandle<S extends StateStore> {
  readonly name: string;
  /** The store, typed; throws STORE_TYPE when it is of another kind. */
  narrow(store: StateStore): S;
}

/** A store that a processor can be connected to. */
export type StoreBuilder<S extends StateStore = StateStore> = StoreSpec & StoreHandle<S>;

export interface Processor<K = unknown, V = unknown, K2 = unknown, V2 = unknown> {
  init?(context: ProcessorContext<K2, V2>): void;
  process(record: StreamRecord<K, V>): void;
  close?(): void;
}

/** Handed to the function of a `mapAsync`. */
export interface AsyncContext extends RecordContext {
  /** Fires when the result is no longer wanted: time-out, task lost, shutdown. */
  readonly signal: AbortSignal;
  /**
   * Waits until the process' byte budget has room for `bytes` that the work is about to hold (a download, say). Call it
   * before the bytes exist; what was reserved is given back when the work ends and `sizeOf` of its result is known.
   */
  reserve(bytes: number): Promise<void>;
}

export interface AsyncOperator {
  readonly kind: 'async';
  readonly fn: (value: unknown, key: unknown, context: AsyncContext) => Promise<unknown>;
  /** How many calls of `fn` may run at once in this process. */
  readonly concurrency: number;
  /** One attempt may take this long, ms; then its signal fires and it counts as failed with TIMEOUT. */
  readonly timeoutMs?: number;
  /** Bytes that a result holds beyond the input record's own. Default 0. */
  readonly sizeOf?: (value: unknown) => number;
  /** Turns a failure that is not to be retried into a value; without it the task fails. */
  readonly recover?: (error: unknown, value: unknown, key: unknown) => unknown;
}

/**
 * How a processor node behaves; the task decides from `kind` what may run ahead of a record's turn.
 * - `pure`: no effects, runs ahead (filter, map, flatMap, merge, split, joins with global tables).
 * - `observe`: an effect that lets the record pass unchanged; the effect happens in turn (peek, foreach).
 * - `process`: anything, in turn; one instance per task.
 * - `async`: runs ahead, many at once, results in order.
 */
export type Operator =
  | {
      readonly kind: 'pure';
      readonly apply: (
        record: StreamRecord,
        forward: Forward,
        context: RecordContext,
        globals: GlobalStores,
      ) => void;
    }
  | { readonly kind: 'observe'; readonly action: (record: StreamRecord, context: RecordContext) => void }
  | {
      readonly kind: 'process';
      readonly supplier: () => Processor;
      /** Whether it is known to forward when time passes: such records have no place in a topic. */
      readonly forwardsOnTime?: boolean;
    }
  | AsyncOperator;

export interface SourceSpec {
  readonly kind: 'source';
  readonly name: string;
  readonly topics: readonly string[];
  readonly deserializeKey: Deserializer<unknown>;
  readonly deserializeValue: Deserializer<unknown>;
  readonly timestampExtractor?: TimestampExtractor;
}

export interface ProcessorSpec {
  readonly kind: 'processor';
  readonly name: string;
  readonly parents: readonly string[];
  readonly operator: Operator;
  /** Names of the stores that it reads or writes; nodes that share one are in one sub-topology. */
  readonly stores?: readonly string[];
}

/** A table that every instance reads whole. It has no task: its rows are read as they were when a record was handled. */
export interface GlobalTableSpec {
  readonly source: SourceSpec;
  readonly processor: { readonly name: string; readonly supplier: () => Processor };
  readonly store: StoreSpec;
}

/** Global stores by name, for operators that run ahead of a record's turn. */
export type GlobalStores = (name: string) => StateStore;

export interface SinkSpec {
  readonly kind: 'sink';
  readonly name: string;
  readonly parents: readonly string[];
  readonly topic: string | TopicExtractor;
  readonly serializeKey: Serializer<unknown>;
  readonly serializeValue: Serializer<unknown>;
  /** Chooses the partition; default: murmur2 of the serialized key, as Java does. */
  readonly partitioner?: (key: unknown, value: unknown, numPartitions: number) => number;
}

/** A sink outside Kafka, see ExternalSink. */
export interface ExternalSinkSpec {
  readonly kind: 'external-sink';
  readonly name: string;
  readonly parents: readonly string[];
  readonly sink: ExternalSink;
  /** How long records wait for others to be written with them, ms. */
  readonly lingerMs: number;
  readonly maxBatchRecords: number;
}

export type NodeSpec = SourceSpec | ProcessorSpec | SinkSpec | ExternalSinkSpec;
