import type { ExternalSink } from '../external-sink.ts';
import type { JoinWindows } from '../operators/stream-join-windows.ts';
import type { KeyValue, Named, Predicate, RecordFunction, TypeGuard } from './functions.ts';
import type { KGroupedStream } from './grouped.ts';
import type { Joined, StreamJoined, ValueJoiner } from './joins.ts';
import type { GlobalKTable, KTable } from './ktable.ts';
import type {
  AsyncFunction,
  AsyncOptions,
  ExternalOptions,
  Grouped,
  ProcessOptions,
  Produced,
  Repartitioned,
  RepartitionedBy,
  TableOptions,
  TopicExtractor,
} from './options.ts';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from './processors.ts';
import type { Branches, BranchValue } from './split.ts';

/**
 * A stream of records, with Kafka Streams' operators. Each call adds nodes to the builder's graph and returns the stream
 * that comes out; nothing runs. Functions take `(value, key, context)`; operators without effects (filter, map, flatMap,
 * selectKey, merge, split) may run ahead of their record's turn, so their functions must be pure. Records keep their timestamp and
 * headers. What a function throws is asked of the `processing` handler; without one it fails the task.
 */
export interface KStream<out K, out V> {
  /** Keeps the records for which `predicate` is true. A type guard narrows the values. */
  filter<S extends V = V>(predicate: Predicate<K, V> | TypeGuard<K, V, S>, named?: Named): KStream<K, S>;
  /** Drops the records for which `predicate` is true. A type guard narrows the values to the others. */
  filterNot<S extends V = never>(
    predicate: Predicate<K, V> | TypeGuard<K, V, S>,
    named?: Named,
  ): KStream<K, Exclude<V, S>>;

  /** One record for each, with another key and value. A grouping or join by key below goes through a topic first. */
  map<K2, V2>(mapper: RecordFunction<K, V, KeyValue<K2, V2>>, named?: Named): KStream<K2, V2>;
  /** One record for each, with another value and the same key. */
  mapValues<V2>(mapper: RecordFunction<K, V, V2>, named?: Named): KStream<K, V2>;
  /** Any number of records for each, in the order of the iterable. A grouping or join by key below goes through a topic first. */
  flatMap<K2, V2>(mapper: RecordFunction<K, V, Iterable<KeyValue<K2, V2>>>, named?: Named): KStream<K2, V2>;
  /** Any number of records for each, in the order of the iterable, all with its key. */
  flatMapValues<V2>(mapper: RecordFunction<K, V, Iterable<V2>>, named?: Named): KStream<K, V2>;
  /** Another key for each record. A grouping or join by key below goes through a topic first. */
  selectKey<K2>(selector: RecordFunction<K, V, K2>, named?: Named): KStream<K2, V>;

  /** Calls `action` in each record's turn and passes the record on. */
  peek(action: RecordFunction<K, V, void>, named?: Named): KStream<K, V>;
  /** As `peek`, and ends the stream. */
  foreach(action: RecordFunction<K, V, void>, named?: Named): void;

  /**
   * Both streams in one; a record's order within its own stream stays. A stream merged with itself is not doubled. A
   * stream of another builder is a mistake that `build` names.
   */
  merge<V2>(other: KStream<K, V2>, named?: Named): KStream<K, V | V2>;

  /**
   * Sends each record into the first branch whose predicate is true; `otherwise` takes the rest, without it the rest is
   * dropped. Type guards narrow the branches. Node names: the split's name + the branch's.
   */
  split<B extends Branches<K, V>>(branches: B, named?: Named): SplitStreams<K, V, B>;
  /** Branches one call at a time, with generated names or consumers, as Kafka Streams' own `split()`. */
  branched(named?: Named): BranchedKStream<K, V>;

  /**
   * Asynchronous work, many records at once, ahead of their turns and without effects; results go on in order. What `fn`
   * does outside must be idempotent: it runs again after a crash. Its `context.signal` fires when the result is no longer
   * wanted. A StreamsError with disposition `retry` is tried again with backoff for as long as it takes.
   */
  mapAsync<V2, R = V2>(fn: AsyncFunction<K, V, V2>, options: AsyncOptions<K, V, V2, R>): KStream<K, V2 | R>;

  /**
   * A processor of one's own, in each record's turn; one instance a task. Only what it forwards goes on. A grouping or join by key
   * below goes through a topic first.
   */
  process<K2, V2>(supplier: ProcessorSupplier<K, V, K2, V2>, options?: ProcessOptions): KStream<K2, V2>;
  /** As `process`, with the keys as they are: forwarding another one throws KEY_CHANGED. */
  processValues<V2>(supplier: FixedKeyProcessorSupplier<K, V, V2>, options?: ProcessOptions): KStream<K, V2>;

  /** Through a topic of the application's own, partitioned by key. Records without a key are dropped. */
  repartition<K2>(repartitioned: RepartitionedBy<K, V, K2>): KStream<K2, V>;
  repartition(repartitioned?: Repartitioned<K, V>): KStream<K, V>;

  /**
   * Pairs each record with those of the other stream that have its key and lie within the windows. Both streams are kept for
   * as long, and go through a topic first where the key was changed. Records without a key or value are left out. A pair has the larger
   * of both timestamps and the headers of the record that came later.
   */
  join<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, NonNullable<V>, NonNullable<V2>, R>,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  /**
   * Pairs each record with its key's row of the moment; without a row, nothing. Results have the record's timestamp. Goes through a topic
   * first where the key was changed; stream and table need equal numbers of partitions (NOT_COPARTITIONED at the start).
   */
  join<V2, R>(
    table: KTable<NonNullable<K>, V2>,
    joiner: ValueJoiner<K, NonNullable<V>, V2, R>,
    options?: Joined<K, V>,
  ): KStream<K, R>;
  /**
   * Pairs each record with the row of the key that `keySelector` names; without a row or with a null key, nothing. All three functions
   * may run ahead of the record's turn: it meets the newest row of then.
   */
  join<GK, GV, R>(
    table: GlobalKTable<GK, GV>,
    keySelector: RecordFunction<K, V, GK | null>,
    joiner: ValueJoiner<K, NonNullable<V>, GV, R>,
    named?: Named,
  ): KStream<K, R>;
  /** As `join`; a record of this stream that has found no partner goes out with null once window and grace are over. */
  leftJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, NonNullable<V>, NonNullable<V2> | null, R>,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  /** As `join`; without a row, with null. */
  leftJoin<V2, R>(
    table: KTable<NonNullable<K>, V2>,
    joiner: ValueJoiner<K, NonNullable<V>, V2 | null, R>,
    options?: Joined<K, V>,
  ): KStream<K, R>;
  leftJoin<GK, GV, R>(
    table: GlobalKTable<GK, GV>,
    keySelector: RecordFunction<K, V, GK | null>,
    joiner: ValueJoiner<K, NonNullable<V>, GV | null, R>,
    named?: Named,
  ): KStream<K, R>;
  /** As `leftJoin`, for the records of both streams. */
  outerJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, NonNullable<V> | null, NonNullable<V2> | null, R>,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;

  /** The last value of each key as a table; null: no row. Behind a topic if the key may have changed. */
  toTable(options?: TableOptions<NonNullable<K>, NonNullable<V>>): KTable<NonNullable<K>, NonNullable<V>>;
  /** Records in groups by a new key, behind a topic. Records that get a null key are dropped. */
  groupBy<K2>(
    selector: RecordFunction<K, V, K2>,
    grouped?: Grouped<NonNullable<K2>, V>,
  ): KGroupedStream<NonNullable<K2>, V>;
  /** Records in groups by their key; behind a topic if the key may have changed. */
  groupByKey(grouped?: Grouped<NonNullable<K>, V>): KGroupedStream<NonNullable<K>, V>;

  /**
   * Writes to a topic, the same for all records or chosen for each; timestamps and headers stay. What a serde throws is asked of the
   * `production` handler: SERDE_MISSING where no serde is known for a value that is no bytes.
   */
  to(topic: string | TopicExtractor<K, V>, produced?: Produced<K, V>): void;
  /** Writes outside Kafka, at least once: see ExternalSink. */
  to(sink: ExternalSink<K, V>, options?: ExternalOptions): void;
}

/** What a `split` returns: a stream for each branch. */
export type SplitStreams<K, V, B extends Branches<K, V>> = {
  readonly [N in keyof B]: KStream<K, BranchValue<K, V, B, B[N]>>;
};

export interface Branched<K, V> extends Named {
  /** Gets the branch's stream at once; the branch is then not in the map at the end. */
  readonly consumer?: (branch: KStream<K, V>) => void;
}

/**
 * A split that is being described, branch by branch. A branch's node is named by the split's name and `as`, or its
 * number: 1 for the first, 0 for the default branch.
 */
export interface BranchedKStream<K, V> {
  branch(predicate: Predicate<K, V>, branched?: Branched<K, V>): BranchedKStream<K, V>;
  /** Ends the split with a branch for the rest. Returns the branches by node name, without those that have a consumer. */
  defaultBranch(branched?: Branched<K, V>): ReadonlyMap<string, KStream<K, V>>;
  /** Ends the split; the rest is dropped. */
  noDefaultBranch(): ReadonlyMap<string, KStream<K, V>>;
}
