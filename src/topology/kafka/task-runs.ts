import type { Admin, Consumer, Kafka } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { DropReason } from '../graph/nodes.ts';
import type { Topology } from '../graph/topology.ts';
import { commitInterval } from '../task/commit-interval.ts';
import type { OnSinkTrouble } from '../task/flush.ts';
import type { TaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { CommitPlan } from './commit-plan.ts';
import { AtLeastOnceCommitter, ExactlyOnceCommitter, type TaskCommitter } from './committers.ts';
import { Intake } from './intake.ts';
import type { MakeRun } from './membership.ts';
import type { StreamsOptions } from './settings.ts';
import type { StateKeeper } from './state-keeper.ts';
import { type TaskId, type TopicNames, taskKey, tasksOf } from './task-ids.ts';
import { TaskRun } from './task-run.ts';
import { learnLimits } from './topic-limits.ts';

export interface TaskRunsOptions {
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly settings: StreamsOptions;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly consumer: Consumer;
  readonly runtime: TaskRuntime;
  readonly states: StateKeeper;
  readonly onFailure: (run: TaskRun, error: unknown) => void;
  readonly onCommitted: (batch: StagedBatch) => void;
  readonly onSinkTrouble: OnSinkTrouble;
}

/** Makes the runs of the tasks that this member is assigned, each with its committer. */
export class TaskRuns {
  readonly #options: TaskRunsOptions;
  /** Records left out by runs that have ended. */
  readonly #droppedBefore = new Map<DropReason, number>();
  #widths = new Map<string, number>();

  constructor(options: TaskRunsOptions) {
    this.#options = options;
  }

  /** The partitions of every topic, as they are at the start. */
  set widths(widths: ReadonlyMap<string, number>) {
    this.#widths = new Map(widths);
  }

  readonly widthOf = (topic: string): number => this.#widths.get(topic) ?? 0;

  get all(): readonly TaskId[] {
    const { topology, names } = this.#options;
    return tasksOf(topology, names, this.widthOf);
  }

  /** The tasks whose partitions are in an assignment, each with a way to make its run. Throws PARTITIONS_CHANGED. */
  tasksFor(assignment: Readonly<Record<string, readonly number[]>>): { key: string; make: MakeRun }[] {
    for (const [topic, partitions] of Object.entries(assignment))
      this.#widen(topic, Math.max(0, ...partitions.map((partition) => partition + 1)));
    return this.all
      .filter(({ subTopology, partition }) =>
        this.#options.names.sourcesOf(subTopology).some((topic) => assignment[topic]?.includes(partition)),
      )
      .map((id) => ({ key: taskKey(id), make: (replayFrom) => this.#create(id, replayFrom) }));
  }

  /** Records left out since the process began, by why. */
  dropped(runs: readonly TaskRun[]): { reason: DropReason; records: number }[] {
    const total = new Map(this.#droppedBefore);
    for (const run of runs) if (!run.dropped) this.#count(run, total);
    return [...total].map(([reason, records]) => ({ reason, records }));
  }

  #count({ task }: TaskRun, into: Map<DropReason, number>): void {
    for (const [reason, records] of task?.droppedBy ?? [])
      into.set(reason, (into.get(reason) ?? 0) + records);
  }

  /** A topic has got more partitions: welcome where nothing is kept by key. */
  #widen(topic: string, atLeast: number): void {
    const known = this.widthOf(topic);
    if (atLeast <= known) return;
    const { topology, names } = this.#options;
    const stateful = topology.subTopologies.find(
      (sub) => sub.stores.length > 0 && names.sourcesOf(sub).includes(topic),
    );
    if (!stateful) return void this.#widths.set(topic, atLeast);
    throw new StreamsError(
      'PARTITIONS_CHANGED',
      'fail',
      `${topic} has got more partitions than the ${known} with which the state of ${stateful.stores.map(({ name }) => name).join(', ')} was ` +
        'built: keys would now come to tasks that do not have their rows. Make a topic of the old width and copy the records there, or reset ' +
        'the application, delete its changelogs, and let the state be built anew',
    );
  }

  #create(id: TaskId, replayFrom: Parameters<MakeRun>[0]): TaskRun {
    const { names, settings, consumer, admin, runtime, states } = this.#options;
    const { onFailure, onCommitted, onSinkTrouble } = this.#options;
    const topics = names.sourcesOf(id.subTopology).filter((topic) => id.partition < this.widthOf(topic));
    const plan = new CommitPlan({
      partition: id.partition,
      stores: id.subTopology.stores,
      changelogOf: (store) => names.changelog(store),
    });
    return new TaskRun({
      id,
      intakes: topics.map((topic) => new Intake(consumer, topic, id.partition)),
      committer: this.#committer(id, plan),
      plan,
      states,
      admin,
      groupId: settings.applicationId,
      runtime,
      commitIntervalMs: commitInterval(runtime, settings),
      names,
      onOffsetsExpired: settings.onOffsetsExpired ?? 'fail',
      failing: failingOf(settings),
      logger: settings.logger,
      ...(replayFrom && { replayFrom }),
      onDropped: (run) => this.#count(run, this.#droppedBefore),
      onFailure,
      onCommitted,
      onSinkTrouble,
    });
  }

  #committer(id: TaskId, plan: CommitPlan): TaskCommitter {
    const { kafka, consumer, settings, admin, runtime } = this.#options;
    const { applicationId: groupId, guarantee, transactionTimeoutMs } = settings;
    const { limits } = runtime;
    const relearn = (topics: readonly string[]) => learnLimits(admin, topics, limits, settings.logger);
    const common = { kafka, taskId: taskKey(id), groupId, plan, limits, relearn };
    switch (guarantee) {
      case 'exactly_once':
        return new ExactlyOnceCommitter({
          ...common,
          transactionalId: `${groupId}-${id.subTopology.name}-${id.partition}`,
          transactionTimeoutMs,
        });
      case 'at_least_once':
        return new AtLeastOnceCommitter({ ...common, consumer });
    }
  }
}

function failingOf({ handlers, deadLetterTopic, taskTimeoutMs }: StreamsOptions) {
  return {
    ...(handlers === undefined ? {} : { handlers }),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    ...(taskTimeoutMs === undefined ? {} : { taskTimeoutMs }),
  };
}
