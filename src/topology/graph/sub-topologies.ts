import type { StoreSpec } from '../stores/bytes.ts';
import type { DraftSource, GraphDraft } from './draft.ts';
import { isGlobalTable, isNode, type LinkedEntry, type LinkedGraph } from './link.ts';
import type { GlobalTableSpec, NodeSpec } from './nodes.ts';
import type { SubTopology } from './topology.ts';

/** What gets a number in `describe()`: nodes that belong together, or a global table. */
export type Part = SubTopology | { readonly id: number; readonly globalTable: GlobalTableSpec };

/** What a node is connected by: its parents, and the stores that it shares with others. */
function connections(node: NodeSpec): string[] {
  if (node.kind === 'source') return [];
  const stores = node.kind === 'processor' ? (node.stores ?? []) : [];
  return [...node.parents, ...stores.map((store) => `store ${store}`)];
}

/** Entries grouped by connection; groups in the order of their first entries, as in Kafka Streams. */
function connect(entries: readonly LinkedEntry[]): LinkedEntry[][] {
  const groups = new Map<string, Set<string>>();
  const groupOf = (name: string): Set<string> => {
    const known = groups.get(name);
    if (known) return known;
    const group = new Set([name]);
    groups.set(name, group);
    return group;
  };
  for (const entry of entries) {
    if (!isNode(entry)) continue;
    for (const other of connections(entry)) {
      const group = groupOf(entry.name);
      for (const member of groupOf(other)) {
        group.add(member);
        groups.set(member, group);
      }
    }
  }
  const byGroup = new Map<unknown, LinkedEntry[]>();
  for (const entry of entries) {
    const group = isNode(entry) ? groupOf(entry.name) : entry;
    const members = byGroup.get(group);
    if (members) members.push(entry);
    else byGroup.set(group, [entry]);
  }
  return [...byGroup.values()];
}

const topicsOf = (sources: readonly DraftSource[]) =>
  sources.flatMap((source) => source.spec.topics).toSorted();

const nameOf = (sources: readonly DraftSource[]) =>
  sources
    .map((source) => source.label ?? source.spec.topics.toSorted().join('+'))
    .toSorted()
    .join('+');

function storesOf(nodes: readonly NodeSpec[], stores: ReadonlyMap<string, StoreSpec>): StoreSpec[] {
  const names = nodes.flatMap((node) => (node.kind === 'processor' ? (node.stores ?? []) : []));
  return [...new Set(names)].flatMap((name) => stores.get(name) ?? []);
}

/** Sets of topics that meet in a join of this sub-topology, each once. */
function copartitionedIn(sources: readonly DraftSource[], draft: GraphDraft): string[][] {
  const topics = new Set(topicsOf(sources));
  const sets = new Map<string, string[]>();
  for (const group of draft.copartitioned) {
    const set = [...new Set(topicsOf(group))];
    if (set.length > 1 && set.every((topic) => topics.has(topic))) sets.set(set.join(' '), set);
  }
  return [...sets.values()];
}

/**
 * Numbers the parts of a topology, and names the sub-topologies: names are unique; where two would be one, the topics are
 * appended.
 */
export function numberParts(graph: LinkedGraph, draft: GraphDraft): readonly Part[] {
  const stores = new Map(draft.stores.filter(({ wanted }) => wanted()).map(({ spec }) => [spec.name, spec]));
  const groups = connect(graph.entries).map((entries) => {
    const nodes = entries.filter(isNode);
    const names = new Set(nodes.map((node) => node.name));
    const sources = graph.sources.filter((source) => names.has(source.spec.name));
    const globalTable = entries.find(isGlobalTable);
    return { nodes, sources, globalTable, name: nameOf(sources) };
  });
  return groups.map(({ nodes, sources, globalTable, name }, id) => {
    if (globalTable) return { id, globalTable };
    const taken = groups.filter((other) => !other.globalTable && other.name === name).length > 1;
    return {
      id,
      name: taken ? `${name}:${topicsOf(sources).join('+')}` : name,
      nodes,
      stores: storesOf(nodes, stores),
      copartitioned: copartitionedIn(sources, draft),
    };
  });
}
