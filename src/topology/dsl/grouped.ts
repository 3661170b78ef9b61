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

/** Records in groups of one key. Results have the largest timestamp of their group so far. */
export interface KGroupedStream<out K, out V> {
  /** Records with a value. */
  count(options?: TableOptions<K, number>): KTable<K, number>;
  /** The first value, then what the reducer makes of it and each further one. Null values are left out. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => V | null,
    options?: TableOptions<K, NonNullable<V>>,
  ): KTable<K, NonNullable<V>>;
  /** Null values are left out. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<K, NonNullable<A>>;
  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V>;
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>;
}

/** Records in groups of one key and window. Null values count, as in Kafka Streams. */
export interface TimeWindowedKStream<out K, out V> {
  count(options?: TableOptions<K, number>): KTable<Windowed<K>, number>;
  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V | null,
    options?: TableOptions<K, NonNullable<V>>,
  ): KTable<Windowed<K>, NonNullable<V>>;
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<Windowed<K>, NonNullable<A>>;
  /** For the aggregations that follow, also those of this very object, as in Kafka Streams. Default: 'onWindowUpdate'. */
  emitStrategy(strategy: EmitStrategy): TimeWindowedKStream<K, V>;
}

/** Records in groups of one key and session. Null values count, as in Kafka Streams. */
export interface SessionWindowedKStream<out K, out V> {
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
  /** For the aggregations that follow, also those of this very object, as in Kafka Streams. Default: 'onWindowUpdate'. */
  emitStrategy(strategy: EmitStrategy): SessionWindowedKStream<K, V>;
}

/** Rows in groups: a changed row's old value is subtracted from its group, its new one added. */
export interface KGroupedTable<out K, out V> {
  count(options?: TableOptions<K, number>): KTable<K, number>;
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    options?: TableOptions<K, V>,
  ): KTable<K, V>;
  aggregate<A>(
    initializer: Initializer<A>,
    adder: Aggregator<K, V, A>,
    subtractor: Aggregator<K, V, A>,
    options?: TableOptions<K, NonNullable<A>>,
  ): KTable<K, NonNullable<A>>;
}
