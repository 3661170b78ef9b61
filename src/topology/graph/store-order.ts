import { type GraphDraft, isDraftNode } from './draft.ts';

/**
 * Nodes that are connected to a store before it comes into the topology. Only whoever brings a store, or a place of its own in
 * the order of the calls, puts it there; a topic that several aggregations share takes their stores behind the latest of them.
 */
export function* lateStoreProblems(
  draft: GraphDraft,
  order: ReturnType<GraphDraft['inOrder']>,
): Generator<string> {
  const place = new Map(order.map((entry, at) => [entry, at]));
  const cameAt = new Map<string, number>();
  for (const store of draft.stores) {
    const { name } = store.spec;
    const owner = draft.nodes.slice(store.nodesBefore).find((node) => node.stores().includes(name));
    const at = place.get(store) ?? (owner && place.get(owner));
    if (at !== undefined) cameAt.set(name, Math.min(at, cameAt.get(name) ?? at));
  }
  for (const [at, entry] of order.entries()) {
    if (!isDraftNode(entry)) continue;
    for (const store of entry.stores()) {
      if ((cameAt.get(store) ?? 0) <= at) continue;
      yield `"${entry.spec.name}" is connected to the store "${store}", which comes into the topology only after it: make the store first; where several aggregations share the topic of a grouping with a name, call them all before a table of theirs is joined`;
    }
  }
}
