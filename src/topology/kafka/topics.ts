import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { SubTopology, Topology } from '../graph/topology.ts';
import { errorType } from './errors.ts';
import type { TopicNames } from './task-ids.ts';

/** Sizes of the topics that exist, by name. */
export async function partitionCounts(admin: Admin): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata();
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

function externalTopics(topology: Topology): Set<string> {
  const own = new Set(topology.repartitionTopics.map((topic) => topic.name));
  const named = topology.subTopologies
    .flatMap((sub) => sub.nodes)
    .flatMap((node) =>
      node.kind === 'source'
        ? node.topics
        : node.kind === 'sink' && typeof node.topic === 'string'
          ? [node.topic]
          : [],
    );
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

/** The partitions of each repartition topic: as declared, else as many as the widest topic that flows into it. */
function widthsOf(topology: Topology, counts: ReadonlyMap<string, number>): Map<string, number> {
  const widths = new Map(
    topology.repartitionTopics.flatMap(({ name, partitions }) =>
      partitions ? [[name, partitions] as const] : [],
    ),
  );
  const writes = (sub: SubTopology, topic: string) =>
    sub.nodes.some((node) => node.kind === 'sink' && node.topic === topic);
  const resolve = (topic: string, path: readonly string[]): number => {
    const known = counts.get(topic) ?? widths.get(topic);
    if (known !== undefined || path.includes(topic)) return known ?? 0;
    const upstream = topology.subTopologies.filter((sub) => writes(sub, topic));
    const sources = upstream
      .flatMap((sub) => sub.nodes)
      .flatMap((node) => (node.kind === 'source' ? node.topics : []));
    const width = Math.max(1, ...sources.map((source) => resolve(source, [...path, topic])));
    widths.set(topic, width);
    return width;
  };
  for (const { name } of topology.repartitionTopics) resolve(name, []);
  return widths;
}

/** Creates the topology's own topics, or checks the number of partitions of those that exist. */
export async function ensureInternalTopics(
  admin: Admin,
  topology: Topology,
  names: TopicNames,
  counts: ReadonlyMap<string, number>,
  replicationFactor: number,
): Promise<void> {
  const topics: {
    topic: string;
    numPartitions: number;
    replicationFactor: number;
    configEntries: { name: string; value: string }[];
  }[] = [];
  for (const [name, numPartitions] of widthsOf(topology, counts)) {
    const topic = names.physical(name);
    const existing = counts.get(topic);
    if (existing === undefined) {
      // as Kafka Streams': nothing is removed by age, since a record may wait here for as long as it takes
      topics.push({
        topic,
        numPartitions,
        replicationFactor,
        configEntries: [{ name: 'retention.ms', value: '-1' }],
      });
    } else if (existing !== numPartitions) {
      throw new StreamsError(
        'PARTITIONS_CHANGED',
        'fail',
        `${topic} has ${existing} partitions and the topology now asks for ${numPartitions}. Declare partitions: ${existing} for it, or reset the application and delete the topic`,
      );
    }
  }
  if (topics.length === 0) return;
  try {
    await admin.createTopics({ topics, waitForLeaders: true });
  } catch (error) {
    if (errorType(error) !== 'TOPIC_ALREADY_EXISTS') throw error; // another instance was first
  }
}
