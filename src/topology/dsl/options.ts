import type { AsyncContext, StoreBuilder, TimestampExtractor } from '../graph/nodes.ts';
import type { RecordContext } from '../record.ts';
import type { Deserializer, Serde, Serializer } from '../serde.ts';
import type { Named, RecordFunction } from './functions.ts';

/** How topics are read. Without serdes: bytes. */
export interface Consumed<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Default: the record's own timestamp. A record that gets a negative one is dropped. */
  readonly timestampExtractor?: TimestampExtractor<K, V>;
}

/** Writes `T`s and gives back what it was given; it may know more than `T`s (`stringSerde` also null). */
export interface SerdeFor<T> {
  readonly serialize: Serializer<T>;
  readonly deserialize: Deserializer<unknown>;
}

/** How a topic is written. Serdes: these, else those that the stream is known to have, else bytes. */
export interface Produced<K, V> extends Named {
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<V>;
  /** Returns the partition, 0 to `partitions` - 1. Default: murmur2 of the serialized key, as in Java. */
  readonly partitioner?: (value: V, key: K, partitions: number) => number;
}

/** Chooses the topic of each record, by its name on the broker; it must exist. `name` is what `describe()` shows. */
export interface TopicExtractor<K, V> {
  readonly name: string;
  extract(value: V, key: K, context: RecordContext): string;
}

/** How records wait for each other before an external sink writes them. */
export interface ExternalOptions extends Named {
  /** Longest wait, ms. Default 100. */
  readonly lingerMs?: number;
  /** Default 500. What one source record has led to is never cut in two, so that a batch of that alone may be larger. */
  readonly maxBatchRecords?: number;
}

/**
 * A topic of the application's own, on which records with one key lie on one partition. Records without a key are dropped,
 * unless a left or outer join below has results for them.
 */
export interface Repartitioned<K, V> extends Named {
  /** Default: as many as the widest source topic upstream. */
  readonly partitions?: number;
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<V>;
}

/** A repartition by a new key. */
export interface RepartitionedBy<K, V, K2> extends Repartitioned<K2, V> {
  /** The new key. */
  readonly by: RecordFunction<K, V, K2>;
}

/** Value first. What it does outside must be idempotent; `context.signal` fires when its result is no longer wanted. */
export type AsyncFunction<K, V, V2> = (value: V, key: K, context: AsyncContext) => Promise<V2>;

/** How the calls of a `mapAsync` are run. */
export interface AsyncOptions<K, V, V2, R> extends Named {
  /** How many calls run at once in this process; `cores`: as many as the machine has for us. */
  readonly concurrency: number | 'cores';
  /** One attempt may take this long, ms; then its signal fires and it counts as failed. Default: no limit. */
  readonly timeoutMs?: number;
  /**
   * Turns a failure that is not to be retried into a value; without it the task fails. Stands before `sizeOf` when it
   * returns another type than the function, for TypeScript infers from above to below.
   */
  readonly recover?: (error: unknown, value: V, key: K) => R;
  /** Bytes that a result holds beyond the input record's own. Default 0. */
  readonly sizeOf?: (value: V2 | R) => number;
}

/** The store that keeps a table's rows. */
export interface Materialized<K, V> {
  /** The store's name. A table that could do without a store keeps one under this name, for queries from outside. */
  readonly as?: string;
  /** Serdes: these, else those that the stream or table is known to have, else bytes. */
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<V>;
  /** Windows and sessions: how long rows are kept beyond the newest, ms. Default, and at least: size (or gap) + grace. */
  readonly retentionMs?: number;
  /** Whether a changelog topic restores the store elsewhere. Default true. */
  readonly logging?: boolean;
  /** Whether the store lies on disk where there is a state directory. Default true. */
  readonly persistent?: boolean;
}

/** `as` names the node. `materialized: {}` and none at all make different generated names, as in Kafka Streams. */
export interface TableOptions<K, V> extends Named {
  readonly materialized?: Materialized<K, V>;
}

/** How a grouping goes through a topic, if it has to. `as` names the topic: `<as>-repartition`. */
export interface Grouped<K, V> extends Named {
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<V>;
}

/** `stores`: those that the processor reads or writes, each added by `builder.addStateStore`. */
export interface ProcessOptions extends Named {
  readonly stores?: readonly (string | StoreBuilder)[];
}
