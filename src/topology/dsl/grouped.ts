import type { SessionWindows, TimeWindows } from '../operators/time-windows.ts';
import type { Windowed } from '../stores/types.ts';
import type { KTable } from './ktable.ts';
import type { TableOptions } from './options.ts';

/** Whether a windowed aggregation sends each update, or one result for each window, when it closes. */
export type EmitStrategy = 'onWindowUpdate' | 'onWindowClose';

/**
 * The first aggregate of a key. Returning null is allowed where `A` says so: the aggregator gets it then.
 */
export type Initializer<A> = () => A;
/** What a value makes of the aggregate; null: the row is gone, and the key begins anew. */
export type Aggregator<K, V, A> = (aggregate: A, value: V, key: K) => A | null;

/**
 * Records in groups of one key. Each record changes its group's row, and the change goes on; results have the largest timestamp of
 * their group so far. Records without a key are left out and counted. Functions must be pure; what they throw is asked of the
 * `processing` handler.
 */
export interface KGroupedStream<out K, out V> {
  /** How many records with a value. Kept as longs (`longSerde`) unless a value serde is given. */
  count(options?: TableOptions<K, number>): KTable<K, number>;
  /** The first value, then what the reducer makes of it and each further one. Null values are left out. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => V | null,
    options?: TableOptions<K, NonNullable<V>>,
  ): KTable<K, NonNullable<V>>;
  /** What the aggregator makes of `initializer()` and each value. Null values are left out. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<K, NonNullable<A>>;
  /** Groups of one key and window: see `timeWindows` and `sessionWindows`. */
  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V>;
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>;
}

/**
 * Records in groups of one key and window; a record is in each window that its timestamp lies in. What comes when its window is closed
 * is left out and counted (`late`). Null values count, as in Kafka Streams.
 */
export interface TimeWindowedKStream<out K, out V> {
  /** How many records. Kept as longs (`longSerde`) unless a value serde is given. */
  count(options?: TableOptions<K, number>): KTable<Windowed<K>, number>;
  /** The first value that is not null, then what the reducer makes of it and each further one. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V | null,
    options?: TableOptions<K, NonNullable<V>>,
  ): KTable<Windowed<K>, NonNullable<V>>;
  /** What the aggregator makes of `initializer()` and each value. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<Windowed<K>, NonNullable<A>>;
  /**
   * For the aggregations that follow, also those of this very object, as in Kafka Streams. Default: 'onWindowUpdate'. With
   * 'onWindowClose' results come from the store: those of windows that are older than its retention when the next record comes after
   * a quiet time are lost, so give `materialized.retentionMs` above the longest gap, or use `suppress(untilWindowCloses())`.
   */
  emitStrategy(strategy: EmitStrategy): TimeWindowedKStream<K, V>;
}

/**
 * Records in groups of one key and session. A record that makes a session longer, or one of two, takes the former rows away (null) and
 * sends one for the new session, with the session's end as its timestamp. What comes when its session would be closed is left out
 * and counted (`late`). Null values count, as in Kafka Streams.
 */
export interface SessionWindowedKStream<out K, out V> {
  /** How many records. Kept as longs (`longSerde`) unless a value serde is given. */
  count(options?: TableOptions<K, number>): KTable<Windowed<K>, number>;
  /** The reducer also merges sessions: it is then given the aggregates of both. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V | null,
    options?: TableOptions<K, NonNullable<V>>,
  ): KTable<Windowed<K>, NonNullable<V>>;
  /** `merger` makes one aggregate of those of two sessions that a record has joined. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: (left: A, right: A, key: K) => A | null,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<Windowed<K>, NonNullable<A>>;
  /**
   * For the aggregations that follow, also those of this very object, as in Kafka Streams. Default: 'onWindowUpdate'. With
   * 'onWindowClose' results come from the store: those of windows that are older than its retention when the next record comes after
   * a quiet time are lost, so give `materialized.retentionMs` above the longest gap, or use `suppress(untilWindowCloses())`.
   */
  emitStrategy(strategy: EmitStrategy): SessionWindowedKStream<K, V>;
}

/** Rows in groups: a changed row's old value is subtracted from its group, its new one added. Functions must be pure. */
export interface KGroupedTable<out K, out V> {
  /** How many rows. Kept as longs (`longSerde`) unless a value serde is given. */
  count(options?: TableOptions<K, number>): KTable<K, number>;
  /** The first value of a group, then what the adder makes of each further one, and the subtractor of each that goes. */
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    options?: TableOptions<K, V>,
  ): KTable<K, V>;
  /** What adder and subtractor make of `initializer()`. */
  aggregate<A>(
    initializer: Initializer<A>,
    adder: Aggregator<K, V, A>,
    subtractor: Aggregator<K, V, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<K, NonNullable<A>>;
}
