import type {
  AsyncOperator,
  ExternalSinkSpec,
  GlobalStores,
  NodeSpec,
  Processor,
  ProcessorContext,
  SinkSpec,
  SourceSpec,
} from '../graph/nodes.ts';
import type { RecordContext, StreamRecord } from '../record.ts';

interface Common {
  readonly name: string;
  readonly children: CompiledNode[];
  /** Whether a `mapAsync` is here or below: only such nodes do anything before a record's turn. */
  ahead: boolean;
}

export type CompiledSource = Common & { readonly kind: 'source'; readonly spec: SourceSpec };
export type CompiledAsync = Common & { readonly kind: 'async'; readonly operator: AsyncOperator };
export type CompiledProcess = Common & {
  readonly kind: 'process';
  readonly supplier: () => Processor;
  /** Names of the stores that it may ask for. */
  readonly stores: readonly string[];
};

/** A node of the graph with its children resolved: what a task walks. */
export type CompiledNode =
  | CompiledSource
  | CompiledAsync
  | CompiledProcess
  | (Common & {
      readonly kind: 'pure';
      readonly apply: (
        record: StreamRecord,
        forward: (record: StreamRecord, child?: string) => void,
        context: RecordContext,
        globals: GlobalStores,
      ) => void;
    })
  | (Common & {
      readonly kind: 'observe';
      readonly action: (record: StreamRecord, context: RecordContext) => void;
    })
  | (Common & { readonly kind: 'sink'; readonly spec: SinkSpec })
  | (Common & { readonly kind: 'external-sink'; readonly spec: ExternalSinkSpec });

/** The nodes of one task. */
export interface CompiledGraph {
  readonly sources: readonly CompiledSource[];
  readonly nodes: readonly CompiledNode[];
  readonly async: readonly CompiledAsync[];
  readonly externalSinks: readonly ExternalSinkSpec[];
}

function compileNode(spec: NodeSpec): CompiledNode {
  const common: Common = { name: spec.name, children: [], ahead: false };
  switch (spec.kind) {
    case 'source':
      return { ...common, kind: 'source', spec };
    case 'sink':
      return { ...common, kind: 'sink', spec };
    case 'external-sink':
      return { ...common, kind: 'external-sink', spec };
    case 'processor':
      switch (spec.operator.kind) {
        case 'pure':
          return { ...common, kind: 'pure', apply: spec.operator.apply };
        case 'observe':
          return { ...common, kind: 'observe', action: spec.operator.action };
        case 'process':
          return {
            ...common,
            kind: 'process',
            supplier: spec.operator.supplier,
            stores: spec.stores ?? [],
          };
        case 'async':
          return { ...common, kind: 'async', operator: spec.operator };
      }
  }
}

/** Resolves names to nodes. Expects parents before children, as a Topology gives them. */
export function compile(specs: readonly NodeSpec[]): CompiledGraph {
  const byName = new Map(specs.map((spec) => [spec.name, compileNode(spec)]));
  for (const spec of specs) {
    if (spec.kind === 'source') continue;
    const node = byName.get(spec.name);
    for (const parent of spec.parents) if (node) byName.get(parent)?.children.push(node);
  }
  const nodes = [...byName.values()];
  for (const node of nodes.toReversed())
    node.ahead = node.kind === 'async' || node.children.some((child) => child.ahead);
  return {
    nodes,
    sources: nodes.filter((node) => node.kind === 'source'),
    async: nodes.filter((node) => node.kind === 'async'),
    externalSinks: nodes.flatMap((node) => (node.kind === 'external-sink' ? [node.spec] : [])),
  };
}

/** The async nodes that results of `node` can reach without passing another one. */
export function nextAsync(node: CompiledNode): CompiledAsync[] {
  return node.children.flatMap((child) => (child.kind === 'async' ? [child] : nextAsync(child)));
}

/** The name of a sink below `node` that tells repeats by offset; undefined: there is none. */
export function fencedSinkBelow({ children }: CompiledNode): string | undefined {
  for (const child of children) {
    const found =
      child.kind === 'external-sink' && child.spec.sink.fenced ? child.name : fencedSinkBelow(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One instance of each `process` node, made for one task. */
export function instantiate(
  graph: CompiledGraph,
  contextFor: (node: CompiledProcess) => ProcessorContext,
): Map<CompiledNode, Processor> {
  const instances = new Map<CompiledNode, Processor>();
  for (const node of graph.nodes) {
    if (node.kind !== 'process') continue;
    const processor = node.supplier();
    processor.init?.(contextFor(node));
    instances.set(node, processor);
  }
  return instances;
}
