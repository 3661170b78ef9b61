import type { DropReason } from '../graph/nodes.ts';
import type { TaskRuntime } from '../task/runtime.ts';
import type { RestoreProgress } from './restore.ts';
import type { TaskRun } from './task-run.ts';

/** Numbers of a running application; counters begin with the process. */
export interface StreamsMetrics {
  readonly tasks: number;
  readonly tasksRunning: number;
  readonly recordsConsumed: number;
  readonly recordsCommitted: number;
  readonly recordsProduced: number;
  readonly commits: number;
  readonly commitFailures: number;
  readonly duplicatesDropped: number;
  readonly heldBytes: number;
  readonly budgetBytes: number;
  readonly budgetWaiting: number;
  readonly buffered: number;
  readonly queued: number;
  readonly retries: number;
  /** Records that were left out, by why. */
  readonly dropped: readonly { readonly reason: DropReason; readonly records: number }[];
  /** Changelog records read since the process began. */
  readonly recordsRestored: number;
  /** Stores that are being restored now; `remaining` counts offsets. */
  readonly restore: readonly RestoreProgress[];
  readonly lag: readonly { readonly topic: string; readonly partition: number; readonly records: number }[];
  readonly asyncNodes: readonly {
    readonly name: string;
    readonly running: number;
    readonly waiting: number;
    readonly retrying: number;
  }[];
}

type Tasks = Pick<
  StreamsMetrics,
  | 'tasks'
  | 'tasksRunning'
  | 'heldBytes'
  | 'budgetBytes'
  | 'budgetWaiting'
  | 'buffered'
  | 'queued'
  | 'retries'
  | 'lag'
  | 'asyncNodes'
>;

/** What can be seen of the tasks as they are now. */
export function tasksNow(runs: readonly TaskRun[], { budget, gates }: TaskRuntime): Tasks {
  const all = [...gates.values()];
  const sum = (of: (run: TaskRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    tasks: runs.length,
    tasksRunning: runs.filter((run) => run.running).length,
    heldBytes: budget.usedBytes,
    budgetBytes: budget.limitBytes,
    budgetWaiting: budget.waiting,
    buffered: sum((run) => run.task?.buffered ?? 0),
    queued: sum((run) => run.task?.queued ?? 0),
    retries: all.reduce((total, gate) => total + gate.retries, 0),
    lag: runs.flatMap(({ intakes }) =>
      intakes.map(({ topic, partition, lag }) => ({ topic, partition, records: lag })),
    ),
    asyncNodes: all.map(({ name, running, waiting, retrying }) => ({
      name,
      running,
      waiting,
      retrying: retrying.size,
    })),
  };
}
