import type {
  Batch,
  Consumer,
  ConsumerEndBatchProcessEvent,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
} from 'kafkajs';
import { StreamsError } from '../errors.ts';
import { ReplayFromError } from '../external-sink.ts';
import { backoffMs } from '../task/backoff.ts';
import { toConsumed } from './convert.ts';
import { CommitError } from './errors.ts';
import type { FlowControl } from './flow-control.ts';
import type { Logger, OnOffsetsExpired, UncaughtAnswer } from './settings.ts';
import { offsetsExpired } from './start-positions.ts';
import type { TaskRun } from './task-run.ts';

/** Where the fetch began; KafkaJS has it on every batch, its types do not. */
function fetchedOffset(batch: Batch): number {
  return Number(Reflect.get(batch, 'fetchedOffset') ?? 0);
}

/** Makes a run of a task, which may have to begin before the committed offsets. */
export type MakeRun = (replayFrom?: ReplayFromError['positions']) => TaskRun;

export interface MembershipOptions {
  readonly consumer: Consumer;
  readonly logger: Logger;
  readonly flow: () => FlowControl;
  /** The tasks that an assignment of partitions means. */
  readonly tasksFor: (
    assignment: Readonly<Record<string, readonly number[]>>,
  ) => readonly { readonly key: string; readonly make: MakeRun }[];
  /** The lowest offset that a partition still has. */
  readonly lowOffset: (topic: string, partition: number) => Promise<number>;
  /** Records that were removed before a running task has read them are no error unless `fail`: it goes on behind them. */
  readonly onOffsetsExpired: OnOffsetsExpired;
  readonly onUncaughtError: (error: Error) => UncaughtAnswer;
  /** `settled` may have changed. */
  readonly onProgress: () => void;
  /** The application cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/**
 * What this member of the group runs. KafkaJS calls back at a join, synchronously and before the first fetch of the new
 * generation; tasks that stay are let alone, with an open transaction too, others are dropped or taken over.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #runs = new Map<string, TaskRun>();
  #memberId: string | undefined;
  #generation = 0;
  #joined = false;
  #closing = false;
  /** Tasks that were fenced: acquired anew once a heartbeat proves that this is still a member. */
  readonly #fenced = new Set<string>();
  /** How often tasks have failed by themselves. */
  readonly #failures = new Map<string, number>();
  #paused = false;
  /** Records that were read again and left out. */
  duplicatesDropped = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
    const { consumer, logger } = options;
    consumer.on(consumer.events.GROUP_JOIN, (event) => {
      try {
        this.#onJoin(event);
      } catch (error) {
        options.onFatal(error instanceof Error ? error : new Error(String(error)));
      }
    });
    consumer.on(consumer.events.REBALANCING, () => {
      this.#joined = false;
      options.onProgress();
    });
    consumer.on(consumer.events.HEARTBEAT, () => this.#onHeartbeat());
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => this.#onBatchEnd(payload));
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      this.#joined = false;
      // KafkaJS leaves it ended where trying again cannot help: nothing would be read any more
      if (!restart) return options.onFatal(error);
      logger.warn({ error: error.message, restart }, 'the consumer has crashed and starts again');
      options.onProgress();
    });
  }

  get runs(): readonly TaskRun[] {
    return [...this.#runs.values()];
  }

  /** A member with every task of its assignment running. */
  get settled(): boolean {
    return this.#joined && this.runs.every((run) => run.running);
  }

  /** Takes a batch out of the fetch loop. Nothing in here waits, so nothing can change in the middle. */
  readonly eachBatch = async ({
    batch,
    resolveOffset,
    isRunning,
    isStale,
  }: EachBatchPayload): Promise<void> => {
    if (!isRunning() || isStale() || this.#closing) return;
    const run = this.runs.find(({ intakes }) =>
      intakes.some((i) => i.topic === batch.topic && i.partition === batch.partition),
    );
    const intake = run?.intakes.find((i) => i.topic === batch.topic && i.partition === batch.partition);
    const last = batch.messages.at(-1);
    if (!run?.running || !intake || !last) return;
    if (fetchedOffset(batch) > intake.nextOffset) this.#checkGap(run, batch, intake.nextOffset);
    const readBefore = batch.messages.findIndex((message) => Number(message.offset) >= intake.nextOffset);
    const fresh = readBefore === 0 ? batch.messages : readBefore < 0 ? [] : batch.messages.slice(readBefore);
    this.duplicatesDropped += batch.messages.length - fresh.length;
    intake.nextOffset = Math.max(intake.nextOffset, Number(batch.lastOffset()) + 1); // past control records behind them
    intake.highWatermark = Number(batch.highWatermark);
    // at once: later, it would move the position back to here
    resolveOffset(last.offset);
    run.push(fresh.map((message) => toConsumed(batch.topic, batch.partition, message, run.keepsRecords)));
    this.#options.flow().check();
  };

  /** Lets all tasks finish what is in their buffers, and commit it. */
  async drain(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.runs.map((run) => run.drain()));
  }

  dropAll(): void {
    this.#closing = true;
    for (const run of this.runs) run.drop();
    this.#runs.clear();
  }

  /** Drops a failed run; its task is acquired anew where that can help. */
  failed(run: TaskRun, error: unknown): void {
    run.drop();
    if (this.#closing || this.#runs.get(run.key) !== run) return;
    if (error instanceof ReplayFromError) {
      this.#options.logger.warn({ task: run.key, positions: error.positions }, error.message);
      this.#options.onProgress();
      this.#replace(run, error.positions);
      return;
    }
    if (!(error instanceof CommitError) || error.fatal) {
      this.#uncaught(run, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#options.logger.warn({ task: run.key, type: error.type }, error.message);
    this.#options.onProgress();
    if (error.fenced) this.#fenced.add(run.key);
    else this.#replace(run);
  }

  /** The application decides whether the task's own failure is everybody's. */
  #uncaught(run: TaskRun, error: Error): void {
    const { onUncaughtError, onFatal, onProgress, logger } = this.#options;
    if (onUncaughtError(error) === 'shutdown') {
      onFatal(error);
      return;
    }
    const attempt = (this.#failures.get(run.key) ?? 0) + 1;
    this.#failures.set(run.key, attempt);
    logger.warn({ task: run.key, attempt, error: error.message }, 'a task has failed and is taken over anew');
    onProgress();
    setTimeout(() => {
      if (!this.#closing && this.#runs.get(run.key) === run) this.#replace(run);
    }, backoffMs(attempt)).unref();
  }

  /** Reads nothing more until `resume`; what is in memory is finished and committed. */
  pause(): void {
    this.#paused = true;
    for (const { intakes } of this.runs) for (const intake of intakes) intake.pause('application');
  }

  resume(): void {
    this.#paused = false;
    for (const { intakes } of this.runs) for (const intake of intakes) intake.resume('application');
  }

  get paused(): boolean {
    return this.#paused;
  }

  #onJoin({ payload }: ConsumerGroupJoinEvent): void {
    const generation = ++this.#generation;
    const sameMember = payload.memberId === this.#memberId;
    this.#memberId = payload.memberId;
    this.#fenced.clear();
    const assigned = this.#options.tasksFor(payload.memberAssignment);
    const wanted = this.#closing ? assigned.filter(({ key }) => this.#runs.has(key)) : assigned;
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, run] of this.#runs) {
      if (keys.has(key)) continue;
      run.drop();
      this.#runs.delete(key);
    }
    const taken: string[] = [];
    for (const { key, make } of wanted) {
      const run = this.#runs.get(key);
      if (run && !run.dropped && sameMember) {
        // KafkaJS has forgotten the position: without this it would read again from the committed one. One that restores goes on
        if (run.running) for (const intake of run.intakes) intake.seek(intake.nextOffset);
        continue;
      }
      run?.drop();
      taken.push(key);
      this.#take(key, make);
    }
    this.#joined = true;
    this.#options.logger.info(
      { generation, tasks: [...keys], taken, newMember: !sameMember, joinMs: payload.duration },
      'joined the group',
    );
    this.#options.onProgress();
  }

  #onHeartbeat(): void {
    for (const key of this.#fenced) {
      this.#fenced.delete(key);
      const run = this.#runs.get(key);
      if (run) this.#replace(run);
    }
  }

  #replace(old: TaskRun, replayFrom?: ReplayFromError['positions']): void {
    const again = this.#options.tasksFor(
      Object.fromEntries(old.intakes.map(({ topic, partition }) => [topic, [partition]])),
    );
    for (const { key, make } of again) if (key === old.key) this.#take(key, make, replayFrom);
  }

  #take(key: string, make: MakeRun, replayFrom?: ReplayFromError['positions'], attempt = 0): void {
    const run = make(replayFrom);
    if (this.#paused) for (const intake of run.intakes) intake.pause('application');
    this.#runs.set(key, run);
    const overtaken = () => this.#closing || this.#runs.get(key) !== run;
    run
      .acquire(() => !overtaken() && !run.dropped)
      .then(
        () => this.#options.onProgress(),
        (error: unknown) => {
          run.drop();
          if (overtaken()) return;
          if (error instanceof StreamsError && error.disposition === 'fail')
            return this.#options.onFatal(error);
          this.#options.logger.warn(
            { task: key, error: error instanceof Error ? error.message : String(error) },
            'taking the task over failed and is tried again',
          );
          setTimeout(() => {
            if (!overtaken()) this.#take(key, make, replayFrom, attempt + 1);
          }, backoffMs(attempt));
        },
      );
  }

  /** Batches of control and aborted records alone move the position, and are told by this event only. */
  #onBatchEnd({ topic, partition, firstOffset, lastOffset }: ConsumerEndBatchProcessEvent['payload']): void {
    const intake = this.runs
      .filter((run) => run.running)
      .flatMap((run) => run.intakes)
      .find((one) => one.topic === topic && one.partition === partition);
    if (intake && Number(firstOffset) <= intake.nextOffset)
      intake.nextOffset = Math.max(intake.nextOffset, Number(lastOffset) + 1);
  }

  /** The fetch position has moved by itself: over a batch of control records, or because the offset has expired. */
  #checkGap(run: TaskRun, { topic, partition }: Batch, expected: number): void {
    this.#options.lowOffset(topic, partition).then(
      (low) => {
        if (low <= expected || this.#runs.get(run.key) !== run) return;
        const lost = offsetsExpired(topic, partition, expected, low);
        if (this.#options.onOffsetsExpired === 'fail') this.#options.onFatal(lost);
        else
          this.#options.logger.warn({ topic, partition, expected, low }, 'going on behind removed records');
      },
      () => {}, // asked again at the next jump; the takeover asks too
    );
  }
}
