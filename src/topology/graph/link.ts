import { type DraftNode, type DraftSource, type GraphDraft, isDraftNode } from './draft.ts';
import type { GlobalTableSpec, NodeSpec } from './nodes.ts';
import { letNullKeysPass } from './null-keys.ts';
import { lateStoreProblems } from './store-order.ts';

export type LinkedEntry = NodeSpec | GlobalTableSpec;

export interface LinkedGraph {
  /** In the order in which Kafka Streams writes them: parents before children, parents and stores named. */
  readonly entries: readonly LinkedEntry[];
  readonly sources: readonly DraftSource[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export const isNode = (entry: LinkedEntry): entry is NodeSpec => 'kind' in entry;
export const isGlobalTable = (entry: LinkedEntry): entry is GlobalTableSpec => !isNode(entry);

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

/** What stands between two sources that read a topic both and cannot be one node; undefined: they can. */
function conflict(first: DraftSource, again: DraftSource): string | undefined {
  const shared = again.spec.topics.filter((topic) => first.spec.topics.includes(topic));
  const both = `sources "${first.spec.name}" and "${again.spec.name}" both read [${shared.join(', ')}]`;
  if (!first.shared || !again.shared) {
    return `${both}, and one of them is a table or a repartition, which must be the only reader: read the topic once and go on from what that call returns`;
  }
  if (sameTopics(first, again)) return undefined;
  return `${both} but not the same topics otherwise: read each topic in one stream() call and merge the streams`;
}

/** Reads of the same topics that the first one's node serves too. */
function joinReads(
  draft: GraphDraft,
  problems: string[],
  warnings: string[],
): ReadonlyMap<DraftNode, DraftSource> {
  const byTopic = new Map<string, DraftSource>();
  const joined = new Map<DraftNode, DraftSource>();
  for (const source of draft.sources) {
    const earlier = new Set(source.spec.topics.flatMap((topic) => byTopic.get(topic) ?? []));
    for (const first of earlier) {
      const problem = conflict(first, source);
      if (problem === undefined) {
        compareReads(first, source, problems, warnings);
        joined.set(source, first);
      } else problems.push(problem);
    }
    for (const topic of source.spec.topics) if (!byTopic.has(topic)) byTopic.set(topic, source);
  }
  return joined;
}

/**
 * Joins reads of the same topics into the first one's node and names every node's parents and stores. A parent that was
 * joined moves to the end of the list, as in Kafka Streams.
 */
export function link(draft: GraphDraft): LinkedGraph {
  const problems: string[] = [];
  const warnings: string[] = [];
  const joined = joinReads(draft, problems, warnings);
  letNullKeysPass(draft);
  const order = draft.inOrder();
  problems.push(...lateStoreProblems(draft, order));

  const parentNames = (node: DraftNode): string[] => {
    const parents = new Set(node.parents);
    for (const [source, first] of joined) if (parents.delete(source)) parents.add(first);
    return [...parents].map((parent) => parent.spec.name);
  };
  const named = (entry: (typeof order)[number]): LinkedEntry[] => {
    if ('table' in entry) return [entry.table];
    if (!isDraftNode(entry) || joined.has(entry)) return [];
    const { spec } = entry;
    if (spec.kind === 'source') return [spec];
    if (spec.kind !== 'processor') return [{ ...spec, parents: parentNames(entry) }];
    const stores = [...new Set(entry.stores())];
    return [{ ...spec, parents: parentNames(entry), ...(stores.length > 0 && { stores }) }];
  };
  return {
    entries: order.flatMap(named),
    sources: draft.sources.filter((source) => !joined.has(source)),
    problems,
    warnings,
  };
}
