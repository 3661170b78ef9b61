import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { Topology } from '../graph/topology.ts';

/** Sizes of the topics that exist, by name. */
export async function partitionCounts(admin: Admin): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata();
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** The topics that a topology reads or writes and that belong to others. */
export function externalTopics(topology: Topology): Set<string> {
  const own = new Set(topology.repartitionTopics.map((topic) => topic.name));
  const named = topology.subTopologies
    .flatMap((sub) => sub.nodes)
    .flatMap((node) =>
      node.kind === 'source'
        ? node.topics
        : node.kind === 'sink' && typeof node.topic === 'string'
          ? [node.topic]
          : [],
    )
    .concat(topology.globalTables.flatMap((table) => table.source.topics));
  return new Set(named.filter((topic) => !own.has(topic)));
}

/** Throws TOPIC_MISSING naming every topic that the topology reads or writes and that does not exist. */
export function requireTopics(topology: Topology, counts: ReadonlyMap<string, number>): void {
  requireTopicNames([...externalTopics(topology)], counts);
}

/** Throws TOPIC_MISSING naming those that do not exist. */
export function requireTopicNames(topics: readonly string[], counts: ReadonlyMap<string, number>): void {
  const missing = topics.filter((topic) => !counts.has(topic));
  if (missing.length === 0) return;
  throw new StreamsError(
    'TOPIC_MISSING',
    'fail',
    `${missing.length === 1 ? 'topic does' : 'topics do'} not exist: ${missing.join(', ')}. Create ${missing.length === 1 ? 'it' : 'them'}, for example with ` +
      missing
        .map((topic) => `'kafka-topics.sh --bootstrap-server … --create --topic ${topic} --partitions 6'`)
        .join(' and '),
  );
}
