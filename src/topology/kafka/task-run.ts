import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ConsumedRecord } from '../record.ts';
import { CommitLoop } from '../task/commit-loop.ts';
import type { OnSinkTrouble } from '../task/flush.ts';
import type { TaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { Task } from '../task/task.ts';
import type { TaskCommitter } from './committers.ts';
import type { Intake } from './intake.ts';
import { type TaskId, type TopicNames, taskKey } from './task-ids.ts';

export interface TaskRunOptions {
  readonly id: TaskId;
  readonly intakes: readonly Intake[];
  readonly committer: TaskCommitter;
  readonly admin: Admin;
  readonly groupId: string;
  readonly runtime: TaskRuntime;
  readonly commitIntervalMs: number;
  readonly names: TopicNames;
  readonly onFailure: (run: TaskRun, error: unknown) => void;
  readonly onCommitted: (batch: StagedBatch) => void;
  readonly onSinkTrouble: OnSinkTrouble;
}

/**
 * A task as this member of the group runs it: from taking over its partitions to giving them up. It is never mended: after
 * any failure it is dropped, with its producer and all that it had staged, and another run takes its place.
 */
export class TaskRun {
  readonly key: string;
  readonly id: TaskId;
  readonly intakes: readonly Intake[];
  readonly #options: TaskRunOptions;
  #state: 'acquiring' | 'running' | 'dropped' = 'acquiring';
  #task: Task | undefined;
  #loop: CommitLoop | undefined;

  constructor(options: TaskRunOptions) {
    this.#options = options;
    this.id = options.id;
    this.key = taskKey(options.id);
    this.intakes = options.intakes;
    for (const intake of this.intakes) intake.pause('acquire');
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
   * Takes the task over. The order is what makes it safe: the producer first, which ends a former owner's transaction, and
   * only then the offsets. `current` is asked after every wait: a run that a rebalance has overtaken must not go on, or
   * it would fence its successor.
   */
  async acquire(current: () => boolean): Promise<void> {
    const { committer, intakes } = this.#options;
    await committer.open();
    if (!current()) return this.drop();
    const offsets = await this.#committedOffsets();
    if (!current()) return this.drop();
    this.#start();
    for (const [index, intake] of intakes.entries()) intake.seek(offsets[index] ?? 0);
    for (const intake of intakes) intake.resume('acquire');
  }

  push(records: readonly ConsumedRecord[]): void {
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
    this.#task?.drop();
    this.#loop?.stop();
    void this.#options.committer.close();
  }

  #start(): void {
    const {
      id,
      runtime,
      intakes,
      committer,
      commitIntervalMs,
      names,
      onFailure,
      onCommitted,
      onSinkTrouble,
    } = this.#options;
    const task = new Task({
      id: this.key,
      nodes: id.subTopology.nodes,
      runtime,
      partitions: intakes.map(({ topic, partition }) => ({ topic, partition })),
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
      onCommitted,
      onSinkTrouble,
    });
    this.#state = 'running';
  }

  /** Where to go on, per intake. Throws OFFSETS_EXPIRED where the topic no longer has the committed position. */
  async #committedOffsets(): Promise<number[]> {
    const { admin, groupId, intakes } = this.#options;
    const topics = [...new Set(intakes.map(({ topic }) => topic))];
    const committed = await admin.fetchOffsets({ groupId, topics });
    return Promise.all(
      intakes.map(async ({ topic, partition }) => {
        const offset = Number(
          committed.find((t) => t.topic === topic)?.partitions.find((p) => p.partition === partition)
            ?.offset ?? -1,
        );
        const low = Number(
          (await admin.fetchTopicOffsets(topic)).find((p) => p.partition === partition)?.low ?? 0,
        );
        if (offset >= 0 && offset < low) throw offsetsExpired(topic, partition, offset, low);
        return offset < 0 ? low : offset;
      }),
    );
  }
}

/** Records that were never processed are gone: a person has to decide, nothing is skipped silently. */
export function offsetsExpired(topic: string, partition: number, offset: number, low: number): StreamsError {
  return new StreamsError(
    'OFFSETS_EXPIRED',
    'fail',
    `${topic}-${partition}: the application would go on at offset ${offset}, but the topic now begins at ${low}; ${low - offset} records were removed before they ` +
      `were processed. To go on without them, set the group's offset to ${low} (kafka-consumer-groups.sh --reset-offsets --to-offset ${low}) and start again`,
  );
}
