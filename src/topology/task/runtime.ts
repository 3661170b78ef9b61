import type { SubTopology } from '../graph/topology.ts';
import { AsyncGate } from './async-gate.ts';
import { ByteBudget } from './byte-budget.ts';
import { type CompiledGraph, compile, nextAsync } from './compile.ts';

/** What the tasks of one process share: the byte budget, the gates of its `mapAsync` nodes, the clock. */
export interface TaskRuntime {
  readonly budget: ByteBudget;
  readonly gates: ReadonlyMap<string, AsyncGate>;
  readonly nowMs: () => number;
  /** A task stops taking turns when this much waits for a commit. */
  readonly maxStagedRecords: number;
  readonly maxStagedBytes: number;
  /** How long a task with an empty queue waits for its earlier record, ms; 0: not at all. */
  readonly maxTaskIdleMs: number;
}

export interface TaskRuntimeOptions {
  readonly memoryBudgetBytes: number;
  readonly nowMs: () => number;
  readonly maxStagedRecords: number;
  readonly maxStagedBytes: number;
  readonly maxTaskIdleMs: number;
}

/** Makes the shared parts for all tasks of these sub-topologies. */
export function createTaskRuntime(
  subTopologies: readonly SubTopology[],
  options: TaskRuntimeOptions,
): TaskRuntime {
  const gates = new Map<string, AsyncGate>();
  for (const { nodes } of subTopologies) {
    const graph: CompiledGraph = compile(nodes);
    for (const node of graph.async) gates.set(node.name, new AsyncGate(node.name, node.operator.concurrency));
    for (const node of graph.async) {
      for (const next of nextAsync(node)) {
        const gate = gates.get(next.name);
        if (gate) gates.get(node.name)?.leadsTo(gate);
      }
    }
  }
  const { memoryBudgetBytes, ...shared } = options;
  return { budget: new ByteBudget(memoryBudgetBytes), gates, ...shared };
}
