import type { StoreSpec } from '../stores/bytes.ts';
import type { DraftSource, GraphDraft } from './draft.ts';
import { fencedSinkProblems } from './fenced-sinks.ts';
import { isNode, type LinkedGraph } from './link.ts';
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

function* globalTableProblems(graph: LinkedGraph, draft: GraphDraft): Generator<string> {
  for (const { table } of draft.globalTables) yield* topicProblems(table.source);
  const topics = draft.globalTables.flatMap(({ table }) => table.source.topics);
  for (const topic of duplicates(topics)) {
    yield `the topic "${topic}" is read by two global tables: make one and use it twice`;
  }
  for (const source of graph.sources) {
    for (const topic of source.spec.topics) {
      if (!topics.includes(topic)) continue;
      yield `the topic "${topic}" is read by a global table and by source "${source.spec.name}": one of them is enough`;
    }
  }
}

/** Stores of one name, and names without a store. */
function* storeProblems(nodes: readonly NodeSpec[], draft: GraphDraft): Generator<string> {
  const globals = new Set(draft.globalTables.map(({ table }) => table.store.name));
  const known = new Map<string, StoreSpec>();
  for (const { spec, wanted } of draft.stores) {
    if (!wanted()) continue;
    const problem = nameProblem(spec.name);
    if (problem) yield `store: the name ${problem}`;
    const other = known.get(spec.name);
    if ((other && other !== spec) || globals.has(spec.name))
      yield `two stores have the name "${spec.name}": give each its own (materialized: { as }, or the name in the builder)`;
    known.set(spec.name, spec);
  }
  for (const name of duplicates(draft.globalTables.map(({ table }) => table.store.name))) {
    yield `two global tables have a store "${name}": give each its own`;
  }
  for (const node of nodes) {
    if (node.kind !== 'processor') continue;
    for (const store of node.stores ?? []) {
      if (globals.has(store)) {
        yield `"${node.name}" is connected to the store "${store}" of a global table: every processor can read it unasked, leave it out`;
      } else if (!known.has(store)) {
        yield `"${node.name}" is connected to the store "${store}", which was never added: builder.addStateStore(…) adds it`;
      }
    }
  }
}

function* copartitionProblems(draft: GraphDraft): Generator<string> {
  const explicit = new Map(draft.repartitions.map(({ topic }) => [topic.name, topic.partitions]));
  const counted = (source: DraftSource) =>
    source.spec.topics.flatMap((topic) => {
      const partitions = explicit.get(topic);
      return partitions === undefined ? [] : [{ topic, partitions }];
    });
  for (const group of draft.copartitioned) {
    const counts = group.flatMap(counted);
    if (new Set(counts.map(({ partitions }) => partitions)).size < 2) continue;
    const shown = counts.map(({ topic, partitions }) => `${topic}: ${partitions}`).join(', ');
    yield `the repartition topics [${shown}] are joined and need equal numbers of partitions`;
  }
}

/** Mistakes of the graph as a whole; those of single calls are in `draft.problems` already. */
export function* graphProblems(graph: LinkedGraph, draft: GraphDraft): Generator<string> {
  const nodes = graph.entries.filter(isNode);
  if (draft.sources.length === 0 && draft.globalTables.length === 0) {
    yield 'it has no source: start with stream(topic) or table(topic)';
  }
  const globals = draft.globalTables.flatMap(({ table }) => [table.source.name, table.processor.name]);
  const names = [...nodes.map((node) => node.name), ...globals];
  for (const name of duplicates(names)) {
    const count = names.filter((other) => other === name).length;
    yield `${count} nodes have the name "${name}": give each its own`;
  }
  for (const node of nodes) yield* topicProblems(node);
  yield* globalTableProblems(graph, draft);
  yield* storeProblems(nodes, draft);
  yield* copartitionProblems(draft);
  yield* fencedSinkProblems(nodes);
}
