import type { NodeSpec } from './nodes.ts';

/** What lies upstream of `node` in its sub-topology. */
export function upstreamOf(node: NodeSpec, byName: ReadonlyMap<string, NodeSpec>): Set<NodeSpec> {
  const found = new Set<NodeSpec>();
  const visit = (at: NodeSpec) => {
    if (at.kind === 'source') return;
    for (const name of at.parents) {
      const parent = byName.get(name);
      if (!parent || found.has(parent)) continue;
      found.add(parent);
      visit(parent);
    }
  };
  visit(node);
  return found;
}
