import type { Admin } from 'kafkajs';
import type { ReplayFromError } from '../external-sink.ts';
import type { ConsumedRecord } from '../record.ts';
import { CommitLoop } from '../task/commit-loop.ts';
import type { OnSinkTrouble } from '../task/flush.ts';
import type { TaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { Task } from '../task/task.ts';
import type { CommitPlan, TaskPosition } from './commit-plan.ts';
import type { TaskCommitter } from './committers.ts';
import type { Intake } from './intake.ts';
import { latestTime } from './offset-metadata.ts';
import type { Logger, OnOffsetsExpired, StreamsOptions } from './settings.ts';
import { type StartPosition, startPositions } from './start-positions.ts';
import type { StateKeeper } from './state-keeper.ts';
import { type TaskId, type TopicNames, taskKey } from './task-ids.ts';
import type { TaskState } from './task-state.ts';

export interface TaskRunOptions {
  readonly id: TaskId;
  readonly intakes: readonly Intake[];
  readonly committer: TaskCommitter;
  readonly plan: CommitPlan;
  readonly states: StateKeeper;
  readonly admin: Admin;
  readonly groupId: string;
  readonly runtime: TaskRuntime;
  readonly commitIntervalMs: () => number;
  readonly names: TopicNames;
  readonly onOffsetsExpired: OnOffsetsExpired;
  /** What of the application's settings is the task's own affair. */
  readonly failing: Pick<StreamsOptions, 'handlers' | 'deadLetterTopic' | 'taskTimeoutMs'>;
  readonly logger: Logger;
  /** Go on here instead of at the committed offsets: a sink has lost what came after. */
  readonly replayFrom?: ReplayFromError['positions'];
  /** The run has ended: what it has counted. */
  readonly onDropped: (run: TaskRun) => void;
  readonly onFailure: (run: TaskRun, error: unknown) => void;
  readonly onCommitted: (batch: StagedBatch) => void;
  readonly onSinkTrouble: OnSinkTrouble;
}

/** `acquiring`: its producer fences a former owner, and positions are read; `dropped`: it is taken over anew in a moment. */
export type RunState = 'acquiring' | 'restoring' | 'running' | 'dropped';

/**
 * A task as this member of the group runs it: from taking over its partitions to giving them up. It is never mended: after
 * any failure it is dropped, with its producer and all that it had staged, and another run takes its place.
 */
export class TaskRun {
  readonly key: string;
  readonly id: TaskId;
  readonly intakes: readonly Intake[];
  readonly #options: TaskRunOptions;
  #state: RunState = 'acquiring';
  readonly #dropped = new AbortController();
  #task: Task | undefined;
  #taskState: TaskState | undefined;
  #loop: CommitLoop | undefined;
  /** By partition, behind the last record that was handed to the task and is not committed. */
  readonly #open = new Map<string, number>();
  readonly #committed = new Map<string, TaskPosition>();

  constructor(options: TaskRunOptions) {
    this.#options = options;
    this.id = options.id;
    this.key = taskKey(options.id);
    this.intakes = options.intakes;
    for (const intake of this.intakes) intake.pause('acquire');
  }

  get state(): RunState {
    return this.#state;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get dropped(): boolean {
    return this.#state === 'dropped';
  }

  get task(): Task | undefined {
    return this.#task;
  }

  /** Whether records wait here for work of their own, rather than for the next commit alone. */
  get keepsRecords(): boolean {
    return (this.#task?.graph.async.length ?? 0) > 0;
  }

  get inputBytes(): number {
    return this.#task?.inputBytes ?? 0;
  }

  /**
   * Takes the task over. The order is what makes it safe: the producer first, which ends a former owner's transaction and
   * shuts it out; only then what that owner has left, offsets and state, which nobody changes any more. `current` is asked after
   * every wait: a run that another has replaced must not go on, or it would fence its successor.
   */
  async acquire(current: () => boolean): Promise<void> {
    const { id, committer, intakes, states, admin, groupId, replayFrom = [], plan } = this.#options;
    const { onOffsetsExpired, logger } = this.#options;
    await committer.open();
    if (!current()) return this.drop();
    this.#taskState = states.open(id);
    const { subTopology } = id;
    const starts = await startPositions({
      admin,
      groupId,
      subTopology,
      intakes,
      onOffsetsExpired,
      replayFrom,
      logger,
    });
    if (!current()) return this.drop();
    this.#state = 'restoring';
    await states.restore(id, this.#taskState, this.#dropped.signal);
    if (!current()) return this.drop();
    plan.startAt(
      starts.map(({ intake: { topic, partition }, startOffset: offset }) => ({ topic, partition, offset })),
    );
    this.#start(starts, this.#taskState);
    for (const { intake, startOffset } of starts) intake.seek(startOffset);
    for (const intake of intakes) intake.resume('acquire');
  }

  /** Whether everything that was read is committed. */
  get finished(): boolean {
    return this.running && this.#open.size === 0;
  }

  /** What this run has committed, per partition that has moved. */
  get committed(): readonly TaskPosition[] {
    return [...this.#committed.values()];
  }

  push(records: readonly ConsumedRecord[]): void {
    const last = records.at(-1);
    if (last) this.#open.set(`${last.topic}-${last.partition}`, last.offset + 1);
    this.#task?.push(records);
  }

  /** Lets what is in the reorder buffer come to its turn and commits it. */
  async drain(): Promise<void> {
    this.#loop?.drain();
    await this.#loop?.ended;
  }

  /** Gives the task up without waiting for anything; what was not committed is done again by its next owner. */
  drop(): void {
    if (this.#state === 'dropped') return;
    this.#state = 'dropped';
    this.#options.onDropped(this);
    this.#task?.drop();
    this.#loop?.stop();
    void this.#options.committer.close();
    this.#dropped.abort(new Error(`task ${this.key} is no longer run here`));
    this.#taskState?.close();
  }

  #start(starts: readonly StartPosition[], { storage }: TaskState): void {
    const { id, runtime, committer, commitIntervalMs, names, onFailure, onCommitted, onSinkTrouble } =
      this.#options;
    const task = new Task({
      id: this.key,
      nodes: id.subTopology.nodes,
      stores: id.subTopology.stores,
      storage,
      ...timeOf(starts),
      ...this.#options.failing,
      runtime,
      partitions: starts.map(({ intake: { topic, partition }, startOffset }) => ({
        topic,
        partition,
        startOffset,
      })),
      topicNames: names,
      onStaged: () => this.#loop?.notify(),
      onFailure: (error) => onFailure(this, error),
    });
    this.#task = task;
    this.#loop = new CommitLoop({
      task,
      committer,
      commitIntervalMs,
      nowMs: runtime.nowMs,
      onCommitted: (batch) => {
        for (const { topic, partition, to } of batch.positions) {
          const key = `${topic}-${partition}`;
          if (to >= (this.#open.get(key) ?? 0)) this.#open.delete(key);
          this.#committed.set(key, { topic, partition, offset: to });
        }
        onCommitted(batch);
      },
      onSinkTrouble,
    });
    this.#state = 'running';
  }
}

/** Where time stood when the last commit was made. */
function timeOf(starts: readonly StartPosition[]) {
  const known = starts.flatMap(({ metadata }) => metadata ?? []);
  const times = starts.flatMap(({ intake: { topic, partition }, metadata }) =>
    metadata && metadata.partitionTimeMs >= 0
      ? [[`${topic}-${partition}`, metadata.partitionTimeMs] as const]
      : [],
  );
  return { ...latestTime(known), partitionTimesMs: new Map(times) };
}
