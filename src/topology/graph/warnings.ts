import type { NodeSpec } from './nodes.ts';
import { upstreamOf } from './upstream.ts';

const operatorKind = (node: NodeSpec) => (node.kind === 'processor' ? node.operator.kind : undefined);

/** A `process` happens in its record's turn, so a `mapAsync` behind it begins only then: right, but one by one. */
export function serialWarnings(nodes: readonly NodeSpec[]): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return nodes
    .filter((node) => operatorKind(node) === 'async')
    .flatMap((node) => {
      const serial = [...upstreamOf(node, byName)].filter((parent) => operatorKind(parent) === 'process');
      if (serial.length === 0) return [];
      return [
        `mapAsync "${node.name}" works on one record at a time, because [${serial
          .map((parent) => parent.name)
          .toSorted()
          .join(', ')}] before it must see records in turn: put it first, or a repartition between them`,
      ];
    });
}
