import type { KeyValue, Named } from './functions.ts';
import type { KGroupedTable } from './grouped.ts';
import type { KStream } from './kstream.ts';
import type { Grouped, SerdeFor, TableOptions } from './options.ts';
import type { Suppressed } from './suppressed.ts';

/** How a suppress keeps what it holds back: by default with the table's serdes. `as` names the node and, with `-store`, the store. */
export interface SuppressOptions<K, V> extends Named {
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<V>;
}

/**
 * A table: the last value of each key, with Kafka Streams' operators. A row whose value is null is not there. Whether a
 * table keeps its rows in a store follows from what is done with it; with a store name (`materialized: { as }`) it does.
 * Functions take `(value, key)`, must be pure, and are not called for rows that are not there.
 */
export interface KTable<out K, out V> {
  /** The name that was given to the table's store, for queries from outside; undefined: none was. */
  readonly queryableStoreName: string | undefined;

  /** The rows for which `predicate` is true. A type guard narrows the values. */
  filter<S extends V = V>(
    predicate: ((value: V, key: K) => value is S) | ((value: V, key: K) => boolean),
    options?: TableOptions<K, S>,
  ): KTable<K, S>;
  /** The rows for which `predicate` is false. */
  filterNot(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V>): KTable<K, V>;
  /** Rows with other values; where the mapper returns null there is no row. */
  mapValues<V2>(
    mapper: (value: V, key: K) => V2,
    options?: TableOptions<K, NonNullable<V2>>,
  ): KTable<K, NonNullable<V2>>;

  /** The changes of the table as records; null: the row is gone. */
  toStream(named?: Named): KStream<K, V | null>;
  /** With another key for each record. */
  toStream<K2>(keySelector: (value: V | null, key: K) => K2, named?: Named): KStream<K2, V | null>;

  /** Rows gathered into groups, through a topic. A row for which the mapper returns a null key or value is in no group. */
  groupBy<K2, V2>(
    mapper: (value: V, key: K) => KeyValue<K2, V2>,
    grouped?: Grouped<NonNullable<K2>, NonNullable<V2>>,
  ): KGroupedTable<NonNullable<K2>, NonNullable<V2>>;

  /** Holds changes back, the last of each key: until their window closes, or for a time. */
  suppress(suppressed: Suppressed, options?: SuppressOptions<K, V>): KTable<K, V>;

  /** A row for each key that both tables have. Each change on either side is joined with the other's row of the moment. */
  join<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  /** A row for each key of this table. */
  leftJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2 | null) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  /** A row for each key of either table. */
  outerJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V | null, right: V2 | null) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
}

declare const row: unique symbol;

/** A table that every instance holds whole, to join streams with by any key. */
export interface GlobalKTable<out K, out V> {
  /** For the compiler alone, which tells tables apart by it. */
  readonly [row]?: KeyValue<K, V>;
  /** The name of its store, given or generated, for queries from outside. */
  readonly queryableStoreName: string;
}
