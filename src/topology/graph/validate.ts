import type { GraphDraft } from './draft.ts';
import { nameProblem } from './names.ts';
import type { NodeSpec } from './nodes.ts';

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

function* topicProblems(node: NodeSpec): Generator<string> {
  if (node.kind === 'source') {
    if (node.topics.length === 0) yield `source "${node.name}" reads no topic: name at least one`;
    for (const topic of node.topics) {
      const problem = nameProblem(topic);
      if (problem) yield `source "${node.name}": the topic name ${problem}`;
    }
  }
  if (node.kind === 'sink' && typeof node.topic === 'string') {
    const problem = nameProblem(node.topic);
    if (problem) yield `sink "${node.name}": the topic name ${problem}`;
  }
}

/** Mistakes of the graph as a whole; those of single calls are in `draft.problems` already. */
export function* graphProblems(nodes: readonly NodeSpec[], draft: GraphDraft): Generator<string> {
  if (draft.sources.length === 0) yield 'it has no source: start with stream(topic)';
  for (const name of duplicates(nodes.map((node) => node.name))) {
    const count = nodes.filter((node) => node.name === name).length;
    yield `${count} nodes have the name "${name}": give each its own`;
  }
  for (const node of nodes) yield* topicProblems(node);
}
