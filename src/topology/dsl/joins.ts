import type { ErasedSerde } from './erase.ts';
import type { Named } from './functions.ts';
import type { SerdeFor } from './options.ts';

/** Value first: what a record of the left and a record or row of the right become. */
export type ValueJoiner<K, L, R, V> = (left: L, right: R, key: K) => V;

/** The stores of a stream-stream join. */
export interface JoinStores {
  /** Names those that keep both sides: `<store>-this-join-store`, `<store>-other-join-store`. */
  readonly store?: string;
  /** Whether changelogs restore the stores elsewhere. Default true. */
  readonly logging?: boolean;
  /** Whether the stores lie on disk where there is a state directory. Default true. */
  readonly persistent?: boolean;
}

/** A stream-stream join. Serdes: these, else those that the streams are known to have, else bytes. */
export interface StreamJoined<K, L, R> extends Named, JoinStores {
  readonly key?: SerdeFor<K>;
  /** Of the left values. */
  readonly value?: SerdeFor<L>;
  /** Of the right values. */
  readonly otherValue?: SerdeFor<R>;
}

/** A stream-table join. `as` also names the repartition topic if the stream's key was changed. */
export interface Joined<K, L> extends Named {
  /** For the repartition; by default those that the stream is known to have. */
  readonly key?: SerdeFor<K>;
  readonly value?: SerdeFor<L>;
  /** How long records wait for late rows, ms. Refused unless the table is versioned, as in Kafka Streams: none is yet. */
  readonly graceMs?: number;
}

/** The serdes of any of these, their types forgotten. */
export interface ErasedSerdes {
  readonly key?: ErasedSerde;
  readonly value?: ErasedSerde;
  readonly otherValue?: ErasedSerde;
}
