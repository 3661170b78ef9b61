import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ReplayFromError } from '../external-sink.ts';
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
  /** Go on here instead of at the committed offsets: a sink has lost what came after. */
  readonly replayFrom?: ReplayFromError['positions'];
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
    const starts = await this.#starts();
    if (!current()) return this.drop();
    this.#start(starts);
    for (const { intake, startOffset } of starts) intake.seek(startOffset);
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

  #start(starts: readonly Start[]): void {
    const { id, runtime, committer, commitIntervalMs, names, onFailure, onCommitted, onSinkTrouble } =
      this.#options;
    const task = new Task({
      id: this.key,
      nodes: id.subTopology.nodes,
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
      onCommitted,
      onSinkTrouble,
    });
    this.#state = 'running';
  }

  /** Where to go on. Throws OFFSETS_EXPIRED where the topic no longer has that position. */
  async #starts(): Promise<Start[]> {
    const { admin, groupId, intakes, replayFrom = [] } = this.#options;
    const topics = [...new Set(intakes.map(({ topic }) => topic))];
    const committed = await admin.fetchOffsets({ groupId, topics });
    return Promise.all(
      intakes.map(async (intake) => {
        const { topic, partition } = intake;
        const isHere = (place: { readonly topic: string; readonly partition: number }) =>
          place.topic === topic && place.partition === partition;
        const known = committed
          .find((t) => t.topic === topic)
          ?.partitions.find((p) => p.partition === partition);
        const low = Number(
          (await admin.fetchTopicOffsets(topic)).find((p) => p.partition === partition)?.low ?? 0,
        );
        const replay = replayFrom.find(isHere)?.offset;
        if (replay !== undefined && replay < low)
          await this.#beginAt({ topic, partition, offset: low }, replay);
        const offset = replay === undefined ? Number(known?.offset ?? -1) : Math.max(replay, low);
        if (offset >= 0 && offset < low) throw offsetsExpired(topic, partition, offset, low);
        return { intake, startOffset: offset < 0 ? low : offset };
      }),
    );
  }

  /** What a sink wants again is no longer in the topic: it begins anew where the topic begins, if it can. */
  async #beginAt(
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    wanted: number,
  ): Promise<void> {
    const sinks = this.id.subTopology.nodes.flatMap((node) =>
      node.kind === 'external-sink' ? [node.sink] : [],
    );
    const able = sinks.filter((sink) => sink.beginAt);
    if (able.length === 0) throw offsetsExpired(place.topic, place.partition, wanted, place.offset);
    for (const sink of able) await sink.beginAt?.(place);
  }
}

interface Start {
  readonly intake: Intake;
  readonly startOffset: number;
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
