/** The stream engine: a library of its own. */

export type { KeyValue, Named, Predicate, RecordFunction, TypeGuard } from './dsl/functions.ts';
export type { Joined, StreamJoined, ValueJoiner } from './dsl/joins.ts';
export { joinWindows } from './dsl/joins-windows.ts';
export type { Branched, BranchedKStream, KStream, SplitStreams } from './dsl/kstream.ts';
export type {
  AsyncFunction,
  AsyncOptions,
  Consumed,
  ExternalOptions,
  Produced,
  Repartitioned,
  RepartitionedBy,
  SerdeFor,
  TopicExtractor,
} from './dsl/options.ts';
export type { FixedKeyProcessorSupplier, ProcessorSupplier } from './dsl/processors.ts';
export type { Branches } from './dsl/split.ts';
export { otherwise } from './dsl/split.ts';
export { StreamsBuilder } from './dsl/streams-builder.ts';
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
export type { AsyncContext, Processor, ProcessorContext, TimestampExtractor } from './graph/nodes.ts';
export type { RepartitionTopic, SubTopology, Topology } from './graph/topology.ts';
export { connectAdmin, connectProducer, type PlainAdmin, type PlainProducer } from './kafka/clients.ts';
export type { StateChange, StreamsState } from './kafka/lifecycle.ts';
export type { StreamsMetrics } from './kafka/metrics.ts';
export type { Guarantee, KafkaSettings, Logger, StreamsOptions } from './kafka/settings.ts';
export { KafkaStreams, type StreamsHealth } from './kafka/streams.ts';
export type { JoinWindows } from './operators/stream-join-windows.ts';
export type {
  ConsumedRecord,
  Headers,
  ProducedRecord,
  RawRecord,
  RecordContext,
  StreamRecord,
} from './record.ts';
export { bytesSerde, type Deserializer, type Serde, type Serializer, stringSerde } from './serde.ts';
export { TopologyTestDriver } from './testing/driver.ts';
