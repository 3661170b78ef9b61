import type { RecordContext } from '../record.ts';

/** Any option object may name its node; without a name one is generated (`KSTREAM-FILTER-0000000001`). */
export interface Named {
  /** Letters, digits, ".", "_" and "-", at most 249; unique in the topology. */
  readonly as?: string;
}

export interface KeyValue<K, V> {
  readonly key: K;
  readonly value: V;
}

/** Value first; `context` is the place of the source record: topic, partition, offset, timestamp (ms), headers. */
export type RecordFunction<K, V, R> = (value: V, key: K, context: RecordContext) => R;

/** Says whether a record passes. */
export type Predicate<K, V> = RecordFunction<K, V, boolean>;

/** A predicate that also tells TypeScript what passes. */
export type TypeGuard<K, V, S extends V> = (value: V, key: K, context: RecordContext) => value is S;
