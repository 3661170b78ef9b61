import type { DraftNode, GraphDraft } from './draft.ts';

/**
 * A repartition drops records without a key, unless a join somewhere below has results for them (left and outer joins):
 * then they go through the topic, to any partition.
 */
export function letNullKeysPass(draft: GraphDraft): void {
  const children = new Map<DraftNode, DraftNode[]>();
  const connect = (parent: DraftNode, child: DraftNode) => {
    const known = children.get(parent);
    if (known) known.push(child);
    else children.set(parent, [child]);
  };
  for (const node of draft.nodes) for (const parent of node.parents) connect(parent, node);
  for (const { before, source } of draft.repartitions) {
    const sink = before.at(-1);
    if (sink) connect(sink, source);
  }

  const wanted = new Map<DraftNode, boolean>();
  const wantsNullKeys = (node: DraftNode): boolean => {
    const known = wanted.get(node);
    if (known !== undefined) return known;
    const wants = (children.get(node) ?? []).some((child) => child.keepsNullKeys || wantsNullKeys(child));
    wanted.set(node, wants);
    return wants;
  };
  for (const repartition of draft.repartitions)
    if (wantsNullKeys(repartition.source)) repartition.letNullKeysPass();
}
