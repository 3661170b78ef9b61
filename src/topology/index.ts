/** The stream engine: a library of its own. */

export type { KeyValue, Named, Predicate, RecordFunction, TypeGuard } from './dsl/functions.ts';
export type {
  Aggregator,
  EmitStrategy,
  Initializer,
  KGroupedStream,
  KGroupedTable,
  SessionWindowedKStream,
  TimeWindowedKStream,
} from './dsl/grouped.ts';
export type { Joined, StreamJoined, ValueJoiner } from './dsl/joins.ts';
export { joinWindows } from './dsl/joins-windows.ts';
export type { Branched, BranchedKStream, KStream, SplitStreams } from './dsl/kstream.ts';
export type { GlobalKTable, KTable, SuppressOptions } from './dsl/ktable.ts';
export type {
  AsyncFunction,
  AsyncOptions,
  Consumed,
  ExternalOptions,
  Grouped,
  Materialized,
  ProcessOptions,
  Produced,
  Repartitioned,
  RepartitionedBy,
  SerdeFor,
  TableOptions,
  TopicExtractor,
} from './dsl/options.ts';
export type { FixedKeyProcessorSupplier, ProcessorSupplier } from './dsl/processors.ts';
export type { Branches } from './dsl/split.ts';
export { otherwise } from './dsl/split.ts';
export { type BuilderOptions, StreamsBuilder } from './dsl/streams-builder.ts';
export {
  type SuppressBufferBounds,
  type Suppressed,
  untilTimeLimit,
  untilWindowCloses,
} from './dsl/suppressed.ts';
export type { ConsumedGlobalTable, ConsumedTable } from './dsl/table-sources.ts';
export { sessionWindows, timeWindows } from './dsl/windows.ts';
export { type Disposition, StreamsError, TopologyError } from './errors.ts';
export {
  type ExternalSink,
  type OffsetRange,
  ReplayFromError,
  type SinkContext,
  type SinkRecord,
  SinkWriteError,
} from './external-sink.ts';
export { toJson } from './graph/json.ts';
export { toMermaid } from './graph/mermaid.ts';
export type {
  AsyncContext,
  Cancellable,
  DropReason,
  Processor,
  ProcessorContext,
  PunctuationType,
  StoreBuilder,
  StoreHandle,
  TimestampExtractor,
} from './graph/nodes.ts';
export type { RepartitionTopic, SubTopology, Topology } from './graph/topology.ts';
export {
  connectAdmin,
  connectProducer,
  type PlainAdmin,
  type PlainProducer,
  type RecordPlace,
} from './kafka/clients.ts';
export type { StreamsHealth } from './kafka/health.ts';
export type { StateChange, StreamsState } from './kafka/lifecycle.ts';
export type { StreamsMetrics } from './kafka/metrics.ts';
export type { KeyOwner, Queries } from './kafka/queries.ts';
export type { RestoreProgress } from './kafka/restore.ts';
export type {
  Guarantee,
  KafkaSettings,
  Logger,
  OnOffsetsExpired,
  SaslSettings,
  StreamsOptions,
  TlsSettings,
  UncaughtAnswer,
} from './kafka/settings.ts';
export type { AnyReadOnlyStore } from './kafka/store-views.ts';
export { KafkaStreams } from './kafka/streams.ts';
export type { JoinWindows } from './operators/stream-join-windows.ts';
export type { SessionWindows, TimeWindows } from './operators/time-windows.ts';
export type {
  ConsumedRecord,
  Headers,
  ProducedRecord,
  RawRecord,
  RecordContext,
  StreamRecord,
} from './record.ts';
export {
  bytesSerde,
  type Deserializer,
  longSerde,
  type Serde,
  type Serializer,
  sessionWindowedSerde,
  stringSerde,
  windowedSerde,
} from './serde.ts';
export type { BufferStore } from './stores/buffer-store.ts';
export {
  bufferStore,
  type KeyValueStoreOptions,
  keyValueStore,
  type SessionStoreOptions,
  type StoreOptions,
  sessionStore,
  timestampedKeyValueStore,
  timestampedWindowStore,
  type WindowStoreOptions,
  windowStore,
} from './stores/builders.ts';
export type { StreamClock, TaskStorage } from './stores/bytes.ts';
export { LmdbStorage } from './stores/lmdb-storage.ts';
export { MemoryStorage } from './stores/memory-storage.ts';
export type { StoreSerde } from './stores/store-serdes.ts';
export type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyWindowStore,
  SessionStore,
  StateStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
  Window,
  Windowed,
  WindowStore,
} from './stores/types.ts';
export type { ErrorAnswer, ErrorHandler, ErrorHandlers, Failure } from './task/error-handlers.ts';
export { type DriverOptions, type PipedRecord, TopologyTestDriver } from './testing/driver.ts';
export type {
  TestInputOptions,
  TestInputRecord,
  TestInputTopic,
  TestOutputTopic,
  TestTopicOptions,
} from './testing/test-topics.ts';
