import type { StoreSpec } from '../stores/bytes.ts';
import type { NodeSpec, Operator } from './nodes.ts';
import type { Topology } from './topology.ts';

function operatorJson(operator: Operator): object {
  if (operator.kind !== 'async') return { operator: operator.kind };
  const { kind, concurrency, timeoutMs } = operator;
  return { operator: kind, concurrency, ...(timeoutMs !== undefined && { timeoutMs }) };
}

function details(node: NodeSpec): object {
  switch (node.kind) {
    case 'source':
      return { topics: node.topics };
    case 'processor':
      return {
        parents: node.parents,
        ...operatorJson(node.operator),
        ...(node.stores && { stores: node.stores }),
      };
    case 'sink':
      return {
        parents: node.parents,
        ...(typeof node.topic === 'string' ? { topic: node.topic } : { topicExtractor: node.topic.name }),
      };
    case 'external-sink': {
      const { parents, sink, lingerMs, maxBatchRecords } = node;
      return { parents, external: sink.name, lingerMs, maxBatchRecords };
    }
  }
}

function storeJson({ name, kind, persistent, logged, retentionMs }: StoreSpec): object {
  return { name, kind, persistent, logged, ...(retentionMs !== undefined && { retentionMs }) };
}

/**
 * The topology as plain data for `JSON.stringify`: sub-topologies with their nodes, stores and topics that need equal
 * partition counts; global tables, repartition topics, warnings.
 */
export function toJson(topology: Topology): unknown {
  return {
    subTopologies: topology.subTopologies.map(({ id, name, nodes, stores, copartitioned }) => ({
      id,
      name,
      nodes: nodes.map((node) => ({ kind: node.kind, name: node.name, ...details(node) })),
      stores: stores.map(storeJson),
      copartitioned,
    })),
    globalTables: topology.globalTables.map(({ source, processor, store }) => ({
      source: source.name,
      topics: source.topics,
      processor: processor.name,
      store: storeJson(store),
    })),
    repartitionTopics: topology.repartitionTopics,
    warnings: topology.warnings,
  };
}
