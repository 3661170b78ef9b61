import type { DropReason } from '../graph/nodes.ts';
import type { TaskRuntime } from '../task/runtime.ts';
import type { StreamsState } from './lifecycle.ts';
import type { RestoreProgress } from './restore.ts';
import type { RunState, TaskRun } from './task-run.ts';

export const RUN_STATES = ['acquiring', 'restoring', 'running', 'dropped'] as const satisfies RunState[];

/** Numbers of a running application; counters begin with the process. */
export interface StreamsMetrics {
  readonly state: StreamsState;
  readonly paused: boolean;
  readonly tasks: number;
  readonly tasksRunning: number;
  /** How many tasks are in each state; dropped ones wait to be taken over anew. */
  readonly taskStates: readonly { readonly state: RunState; readonly tasks: number }[];
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
  /** Turns that are over and wait for a commit, with the bytes of what they have left. */
  readonly staged: number;
  readonly stagedBytes: number;
  /** Spent since the process began, s, by all tasks: in turns, in writes to sinks outside Kafka, in transactions. */
  readonly processingSeconds: number;
  readonly flushSeconds: number;
  readonly commitSeconds: number;
  readonly longestCommitSeconds: number;
  readonly retries: number;
  /** Records that were left out, by why. */
  readonly dropped: readonly { readonly reason: DropReason; readonly records: number }[];
  /** Changelog records read since the process began. */
  readonly recordsRestored: number;
  /** Stores that are being restored now; `remaining` counts offsets. */
  readonly restore: readonly RestoreProgress[];
  /** What the stores of this instance lack of their changelogs, in offsets; 0 for those of running tasks. */
  readonly storeLag: readonly RestoreProgress[];
  readonly lag: readonly { readonly topic: string; readonly partition: number; readonly records: number }[];
  readonly asyncNodes: readonly {
    readonly name: string;
    readonly running: number;
    readonly waiting: number;
    readonly retrying: number;
  }[];
}

type Tasks = Omit<
  StreamsMetrics,
  | 'state'
  | 'paused'
  | 'recordsConsumed'
  | 'recordsCommitted'
  | 'recordsProduced'
  | 'commits'
  | 'commitFailures'
  | 'duplicatesDropped'
  | 'dropped'
  | 'recordsRestored'
  | 'restore'
  | 'storeLag'
>;

/** What can be seen of the tasks as they are now. */
export function tasksNow(runs: readonly TaskRun[], { budget, gates, meter }: TaskRuntime): Tasks {
  const all = [...gates.values()];
  const sum = (of: (run: TaskRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    tasks: runs.length,
    tasksRunning: runs.filter((run) => run.running).length,
    taskStates: RUN_STATES.map((state) => ({
      state,
      tasks: runs.filter((run) => run.state === state).length,
    })),
    heldBytes: budget.usedBytes,
    budgetBytes: budget.limitBytes,
    budgetWaiting: budget.waiting,
    buffered: sum((run) => run.task?.buffered ?? 0),
    queued: sum((run) => run.task?.queued ?? 0),
    staged: sum((run) => run.task?.staged.turns ?? 0),
    stagedBytes: sum((run) => run.task?.staged.bytes ?? 0),
    processingSeconds: meter.processingMs / 1_000,
    flushSeconds: meter.flushMs / 1_000,
    commitSeconds: meter.commitMs / 1_000,
    longestCommitSeconds: meter.longestCommitMs / 1_000,
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
