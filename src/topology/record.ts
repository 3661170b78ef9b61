/** Header name and bytes, in the order of the record; a name may come twice, a value may be null (as Kafka allows). */
export type Headers = readonly (readonly [name: string, value: Buffer | null])[];

/** What flows between the nodes of a topology. `timestamp` is in milliseconds since the epoch. */
export interface StreamRecord<K = unknown, V = unknown> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: Headers;
}

/** Where the source record of the work at hand came from. */
export interface RecordContext {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The source record's timestamp, ms since the epoch. */
  readonly timestamp: number;
  readonly headers: Headers;
}

/** A record as it lies on a topic: bytes only. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: Headers;
}

/** A raw record with its place. */
export interface ConsumedRecord extends RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A raw record on its way to a topic; without `partition` the key decides (murmur2, as in Java). */
export interface ProducedRecord extends RawRecord {
  readonly topic: string;
  readonly partition?: number;
  /** Asked when `partition` is absent: the partition out of so many. */
  readonly choosePartition?: (partitions: number) => number;
}
