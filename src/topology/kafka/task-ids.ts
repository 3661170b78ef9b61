import type { SubTopology, Topology } from '../graph/topology.ts';

/** One partition of one sub-topology. */
export interface TaskId {
  readonly subTopology: SubTopology;
  readonly partition: number;
}

/** `<sub-topology>_<partition>`, as Kafka Streams writes it. */
export function taskKey({ subTopology, partition }: TaskId): string {
  return `${subTopology.id}_${partition}`;
}

/** The names of a topology's topics on the broker: its own get the application's prefix. */
export class TopicNames {
  readonly #applicationId: string;
  readonly #internal: ReadonlySet<string>;

  constructor(applicationId: string, topology: Topology) {
    this.#applicationId = applicationId;
    this.#internal = new Set(topology.repartitionTopics.map((topic) => topic.name));
  }

  physical(topic: string): string {
    return this.#internal.has(topic) ? `${this.#applicationId}-${topic}` : topic;
  }

  changelog(store: string): string {
    return `${this.#applicationId}-${store}-changelog`;
  }

  logical(topic: string): string {
    const prefix = `${this.#applicationId}-`;
    const bare = topic.startsWith(prefix) ? topic.slice(prefix.length) : topic;
    return this.#internal.has(bare) ? bare : topic;
  }

  /** The topics that a sub-topology reads, by their names on the broker. */
  sourcesOf(subTopology: SubTopology): string[] {
    return subTopology.nodes.flatMap((node) =>
      node.kind === 'source' ? node.topics.map((topic) => this.physical(topic)) : [],
    );
  }
}

/** All tasks, given each topic's number of partitions: a sub-topology has as many as its widest source. */
export function tasksOf(
  topology: Topology,
  names: TopicNames,
  partitionsOf: (topic: string) => number,
): TaskId[] {
  return topology.subTopologies.flatMap((subTopology) => {
    const count = Math.max(0, ...names.sourcesOf(subTopology).map(partitionsOf));
    return Array.from({ length: count }, (_, partition) => ({ subTopology, partition }));
  });
}
