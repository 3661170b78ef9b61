import { createHash } from 'node:crypto';
import type { Topology } from '../graph/topology.ts';

/**
 * Equal for topologies whose instances can share tasks: nodes and how they hang together, stores, topics of their own. Serdes
 * and functions are not seen.
 */
export function fingerprintOf(topology: Topology): string {
  const shape = {
    text: topology.describe(),
    parts: topology.subTopologies.map(({ name, stores, copartitioned }) => ({
      name,
      stores: stores.map(({ name: store, kind, logged, retentionMs }) => [
        store,
        kind,
        logged,
        retentionMs ?? null,
      ]),
      copartitioned,
    })),
    repartitions: topology.repartitionTopics.map(({ name, partitions }) => [name, partitions ?? null]),
    globals: topology.globalTables.map(({ source, store }) => [source.topics, store.name]),
  };
  return createHash('sha256').update(JSON.stringify(shape)).digest('base64url').slice(0, 16);
}
