import type { DraftNode, DraftSource, GraphDraft } from './draft.ts';
import type { NodeSpec } from './nodes.ts';

export interface LinkedGraph {
  /** In the order of creation, parents named. */
  readonly nodes: readonly NodeSpec[];
  readonly sources: readonly DraftSource[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const sameTopics = (a: DraftSource, b: DraftSource) =>
  a.spec.topics.length === b.spec.topics.length &&
  a.spec.topics.every((topic) => b.spec.topics.includes(topic));

/** What it means that `again` reads the topics of `first`, whose node is the one that stays. */
function compareReads(first: DraftSource, again: DraftSource, problems: string[], warnings: string[]): void {
  const topics = `[${first.spec.topics.join(', ')}]`;
  if (first.serdes.some((serde, i) => serde !== again.serdes[i])) {
    problems.push(
      `topics ${topics} are read twice with different serdes, but one source node reads them: ` +
        `give both calls the same serde objects, or call stream() once`,
    );
  }
  if (first.spec.timestampExtractor !== again.spec.timestampExtractor) {
    warnings.push(
      `topics ${topics} are read twice with different timestamp extractors: that of "${first.spec.name}" is used`,
    );
  }
}

/**
 * Joins reads of the same topics into the first one's node and names every node's parents. A parent that was joined
 * moves to the end of the list, as in Kafka Streams.
 */
export function link(draft: GraphDraft): LinkedGraph {
  const problems: string[] = [];
  const warnings: string[] = [];
  const byTopic = new Map<string, DraftSource>();
  const joined = new Map<DraftNode, DraftSource>();
  for (const source of draft.sources) {
    const earlier = new Set(source.spec.topics.flatMap((topic) => byTopic.get(topic) ?? []));
    for (const first of earlier) {
      if (sameTopics(first, source)) {
        compareReads(first, source, problems, warnings);
        joined.set(source, first);
      } else {
        const shared = source.spec.topics.filter((topic) => first.spec.topics.includes(topic));
        problems.push(
          `sources "${first.spec.name}" and "${source.spec.name}" both read [${shared.join(', ')}] but not the same ` +
            `topics otherwise: read each topic in one stream() call and merge the streams`,
        );
      }
    }
    for (const topic of source.spec.topics) if (!byTopic.has(topic)) byTopic.set(topic, source);
  }

  const parentNames = (node: DraftNode): string[] => {
    const parents = new Set(node.parents);
    for (const [source, first] of joined) if (parents.delete(source)) parents.add(first);
    return [...parents].map((parent) => parent.spec.name);
  };
  return {
    nodes: draft.nodes
      .filter((node) => !joined.has(node))
      .map((node) =>
        node.spec.kind === 'source' ? node.spec : { ...node.spec, parents: parentNames(node) },
      ),
    sources: draft.sources.filter((source) => !joined.has(source)),
    problems,
    warnings,
  };
}
