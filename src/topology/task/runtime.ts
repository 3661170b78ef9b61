import { StreamsError } from '../errors.ts';
import type { GlobalStores } from '../graph/nodes.ts';
import type { SubTopology } from '../graph/topology.ts';
import { AsyncGate } from './async-gate.ts';
import { ByteBudget } from './byte-budget.ts';
import { type CompiledGraph, compile, nextAsync } from './compile.ts';
import { Meter } from './meter.ts';
import { WriteLimits } from './write-limits.ts';

/** What the tasks of one process share: the byte budget, the gates of its `mapAsync` nodes, the clock, global tables. */
export interface TaskRuntime extends Required<Omit<TaskRuntimeOptions, 'memoryBudgetBytes'>> {
  readonly budget: ByteBudget;
  readonly meter: Meter;
  /** What the topics take that are written to; nothing is known until somebody says so. */
  readonly limits: WriteLimits;
  readonly gates: ReadonlyMap<string, AsyncGate>;
}

export interface TaskRuntimeOptions {
  readonly memoryBudgetBytes: number;
  readonly nowMs: () => number;
  /** A task stops taking turns when this much waits for a commit. */
  readonly maxStagedRecords: number;
  readonly maxStagedBytes: number;
  /** How long a task with an empty queue waits for its earlier record, ms; 0: not at all. */
  readonly maxTaskIdleMs: number;
  /** A task commits early when writes to its stores that are not committed hold this much. Default 32 MiB. */
  readonly maxOverlayBytes?: number;
  /** Records stamped more than this ahead of the wall clock are refused with TIMESTAMP_IN_FUTURE, ms. Default: none is. */
  readonly maxFutureMs?: number;
  /** The stores of the topology's global tables. Default: there are none. */
  readonly globals?: GlobalStores;
  /** Whether the wall clock moves by itself; else somebody calls `Task.punctuateWallClock`. Default true. */
  readonly clockMoves?: boolean;
}

const DEFAULT_OVERLAY_BYTES = 32 * 1024 * 1024;

const noGlobals: GlobalStores = (name) => {
  throw new StreamsError('STORE_UNKNOWN', 'fail', `no global store is called "${name}"`);
};

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
  return {
    maxOverlayBytes: DEFAULT_OVERLAY_BYTES,
    maxFutureMs: Number.POSITIVE_INFINITY,
    globals: noGlobals,
    clockMoves: true,
    ...shared,
    budget: new ByteBudget(memoryBudgetBytes),
    meter: new Meter(),
    limits: new WriteLimits(options.nowMs),
    gates,
  };
}
