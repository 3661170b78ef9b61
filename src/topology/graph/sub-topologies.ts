import type { DraftSource } from './draft.ts';
import type { NodeSpec } from './nodes.ts';
import type { SubTopology } from './topology.ts';

/** Nodes grouped by connection; groups in the order of their first nodes, as in Kafka Streams. */
function connect(nodes: readonly NodeSpec[]): NodeSpec[][] {
  const groupOf = new Map<string, Set<NodeSpec>>();
  for (const node of nodes) {
    const group = new Set([node]);
    groupOf.set(node.name, group);
    if (node.kind === 'source') continue;
    for (const parent of node.parents) {
      const other = groupOf.get(parent);
      if (!other || other === groupOf.get(node.name)) continue;
      for (const member of groupOf.get(node.name) ?? []) {
        other.add(member);
        groupOf.set(member.name, other);
      }
    }
  }
  return [...new Set(groupOf.values())].map((group) => nodes.filter((node) => group.has(node)));
}

const topicsOf = (sources: readonly DraftSource[]) =>
  sources.flatMap((source) => source.spec.topics).toSorted();

const nameOf = (sources: readonly DraftSource[]) =>
  sources
    .map((source) => source.label ?? source.spec.topics.toSorted().join('+'))
    .toSorted()
    .join('+');

/** Numbers and names the sub-topologies. Names are unique: where two would be one, the topics are appended. */
export function subTopologies(
  nodes: readonly NodeSpec[],
  sources: readonly DraftSource[],
): readonly SubTopology[] {
  const groups = connect(nodes).map((members) => {
    const names = new Set(members.map((member) => member.name));
    return { members, sources: sources.filter((source) => names.has(source.spec.name)) };
  });
  const names = groups.map((group) => nameOf(group.sources));
  return groups.map((group, id) => {
    const name = nameOf(group.sources);
    const taken = names.filter((other) => other === name).length > 1;
    return { id, name: taken ? `${name}:${topicsOf(group.sources).join('+')}` : name, nodes: group.members };
  });
}
