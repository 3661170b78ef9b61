import { hashOrder, TreeSet } from './java-order.ts';
import type { GlobalTableSpec, NodeSpec } from './nodes.ts';
import type { Part } from './sub-topologies.ts';

/** A node with the size of what hangs below it; a node that is reached on two ways counts twice. */
interface Described {
  readonly spec: NodeSpec;
  size: number;
  readonly predecessors: TreeSet<Described>;
  readonly successors: TreeSet<Described>;
}

function bySize(a: Described, b: Described): number {
  if (a.size !== b.size) return b.size - a.size;
  return a.spec.name < b.spec.name ? -1 : a.spec.name > b.spec.name ? 1 : 0;
}

function grow(node: Described, delta: number): void {
  node.size += delta;
  for (const predecessor of node.predecessors) grow(predecessor, delta);
}

/**
 * Kafka Streams sorts the arrows of a node by sizes that are still growing while it inserts them, in the order of a hash
 * map (`InternalTopologyBuilder.describeSubtopology`). To give its text, the same is done here.
 */
function connect(nodes: readonly NodeSpec[]): Described[] {
  const byName = new Map<string, Described>(
    nodes.map((spec) => [
      spec.name,
      { spec, size: 1, predecessors: new TreeSet(bySize), successors: new TreeSet(bySize) },
    ]),
  );
  for (const name of hashOrder(nodes.map((node) => node.name))) {
    const node = byName.get(name);
    if (!node || node.spec.kind === 'source') continue;
    for (const parent of node.spec.parents) {
      const predecessor = byName.get(parent);
      if (!predecessor) continue;
      node.predecessors.add(predecessor);
      predecessor.successors.add(node);
      grow(predecessor, node.size);
    }
  }
  return [...byName.values()].toSorted(bySize);
}

function heading(spec: NodeSpec): string {
  switch (spec.kind) {
    case 'source':
      return `Source: ${spec.name} (topics: [${hashOrder(spec.topics).join(', ')}])`;
    case 'processor':
      return `Processor: ${spec.name} (stores: [${hashOrder(spec.stores ?? []).join(', ')}])`;
    case 'sink':
      return typeof spec.topic === 'string'
        ? `Sink: ${spec.name} (topic: ${spec.topic})`
        : `Sink: ${spec.name} (extractor class: ${spec.topic.name})`;
    case 'external-sink':
      return `Sink: ${spec.name} (external: ${spec.sink.name})`;
  }
}

const arrow = (sign: string, nodes: TreeSet<Described>) =>
  `      ${sign} ${[...nodes].map((node) => node.spec.name).join(', ') || 'none'}\n`;

function describeNode(node: Described): string {
  const { kind } = node.spec;
  const down = kind === 'source' || kind === 'processor' ? arrow('-->', node.successors) : '';
  const up = kind === 'source' ? '' : arrow('<--', node.predecessors);
  return `    ${heading(node.spec)}\n${down}${up}`;
}

function describeGlobalTable(id: number, { source, processor, store }: GlobalTableSpec): string {
  return [
    `  Sub-topology: ${id} for global store (will not generate tasks)`,
    `    Source: ${source.name} (topics: [${source.topics.join(', ')}])`,
    `      --> ${processor.name}`,
    `    Processor: ${processor.name} (stores: [${store.name}])`,
    '      --> none',
    `      <-- ${source.name}`,
    '',
  ].join('\n');
}

/** The text of Kafka Streams' `Topology.describe()`. */
export function describe(parts: readonly Part[]): string {
  const blocks = parts.map((part) =>
    'globalTable' in part
      ? describeGlobalTable(part.id, part.globalTable)
      : `  Sub-topology: ${part.id}\n${connect(part.nodes).map(describeNode).join('')}\n`,
  );
  return `Topologies:\n ${blocks.join('')}`;
}
