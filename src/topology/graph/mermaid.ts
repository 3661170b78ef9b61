import type { GlobalTableSpec, NodeSpec } from './nodes.ts';
import type { SubTopology, Topology } from './topology.ts';

const quoted = (text: string) => `"${text.replaceAll('"', '#quot;')}"`;

/** Short ids in the order of first use: names may hold characters that Mermaid reads as syntax. */
function idsFor(prefix: string): (name: string) => string {
  const ids = new Map<string, string>();
  return (name) => {
    const id = ids.get(name) ?? `${prefix}${ids.size}`;
    ids.set(name, id);
    return id;
  };
}

const shape = (id: string, node: NodeSpec) =>
  node.kind === 'processor' && node.operator.kind === 'async'
    ? `${id}[[${quoted(node.name)}]]`
    : `${id}[${quoted(node.name)}]`;

/** A Mermaid flowchart: topics are cylinders, sub-topologies boxes, stores round, a `mapAsync` has double sides. */
export function toMermaid(topology: Topology): string {
  const nodeId = idsFor('n');
  const topicId = idsFor('t');
  const storeId = idsFor('s');
  const outside = new Map<string, string>();
  const arrows: string[] = [];

  const topic = (name: string) => {
    const id = topicId(name);
    outside.set(id, `${id}[(${quoted(name)})]`);
    return id;
  };
  const connect = (node: NodeSpec) => {
    const id = nodeId(node.name);
    if (node.kind === 'source') {
      for (const name of node.topics) arrows.push(`${topic(name)} --> ${id}`);
      return;
    }
    for (const parent of node.parents) arrows.push(`${nodeId(parent)} --> ${id}`);
    if (node.kind === 'processor')
      for (const store of node.stores ?? []) arrows.push(`${id} -.- ${storeId(store)}`);
    if (node.kind === 'sink') {
      if (typeof node.topic === 'string') arrows.push(`${id} --> ${topic(node.topic)}`);
      else {
        outside.set(`${id}x`, `${id}x{{${quoted(`topic by ${node.topic.name}`)}}}`);
        arrows.push(`${id} --> ${id}x`);
      }
    }
    if (node.kind === 'external-sink') {
      outside.set(`${id}x`, `${id}x[/${quoted(node.sink.name)}/]`);
      arrows.push(`${id} --> ${id}x`);
    }
  };
  const round = (store: string) => `${storeId(store)}([${quoted(store)}])`;
  const box = ({ id, name, nodes, stores }: SubTopology) => [
    `  subgraph sub${id}[${quoted(`Sub-topology ${id}: ${name}`)}]`,
    ...nodes.map((node) => `    ${shape(nodeId(node.name), node)}`),
    ...stores.map((store) => `    ${round(store.name)}`),
    '  end',
  ];
  const globalTable = ({ source, processor, store }: GlobalTableSpec) => {
    for (const name of source.topics) arrows.push(`${topic(name)} --> ${nodeId(processor.name)}`);
    outside.set(
      nodeId(processor.name),
      `${nodeId(processor.name)}[${quoted(`${processor.name}, everywhere`)}]`,
    );
    outside.set(storeId(store.name), round(store.name));
    arrows.push(`${nodeId(processor.name)} -.- ${storeId(store.name)}`);
  };

  const boxes = topology.subTopologies.flatMap(box);
  for (const { nodes } of topology.subTopologies) nodes.forEach(connect);
  topology.globalTables.forEach(globalTable);
  const lines = [
    'flowchart LR',
    ...boxes,
    ...[...outside.values()].map((line) => `  ${line}`),
    ...arrows.map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}
