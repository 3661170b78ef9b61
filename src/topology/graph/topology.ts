import type { StoreSpec } from '../stores/bytes.ts';
import type { GlobalTableSpec, NodeSpec } from './nodes.ts';

/** A topic that the application owns; its name on the broker is `<application id>-<name>`. */
export interface RepartitionTopic {
  readonly name: string;
  /** Absent: as many as the widest source topic upstream. */
  readonly partitions?: number;
}

/** Nodes that are connected without a topic in between; one task per partition runs a copy of it. */
export interface SubTopology {
  readonly id: number;
  /** Stable over unrelated changes, part of transactional ids: the explicit names or topics of its sources. */
  readonly name: string;
  /** In the order of creation: parents come before children; children run depth first in this order. */
  readonly nodes: readonly NodeSpec[];
  readonly stores: readonly StoreSpec[];
  /** Sets of its source topics (as in the topology) that need equal partition counts, since records of one key must meet. */
  readonly copartitioned: readonly (readonly string[])[];
}

/** A validated topology: typed data, nothing is open. Made by `StreamsBuilder.build()`. */
export interface Topology {
  readonly subTopologies: readonly SubTopology[];
  readonly repartitionTopics: readonly RepartitionTopic[];
  readonly globalTables: readonly GlobalTableSpec[];
  /** Things that are right but probably not meant (docs: "serial upstream of a mapAsync"). */
  readonly warnings: readonly string[];
  /** The text of Kafka Streams' `Topology.describe()`, to the character. */
  describe(): string;
}
