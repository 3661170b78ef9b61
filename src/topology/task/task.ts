import { StreamsError } from '../errors.ts';
import type { DropReason, NodeSpec } from '../graph/nodes.ts';
import type { ConsumedRecord, ProducedRecord } from '../record.ts';
import type { StoreSpec, TaskStorage } from '../stores/bytes.ts';
import type { StateStore } from '../stores/types.ts';
import { withoutGone } from './clocks.ts';
import { type CompiledGraph, type CompiledSource, compile } from './compile.ts';
import { Effects } from './effects.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import { Failures } from './failures.ts';
import type { Meter } from './meter.ts';
import type { Unread } from './record-queue.ts';
import { inputBytesOf, RecordQueues } from './record-queues.ts';
import { Retries } from './retries.ts';
import type { TaskRuntime } from './runtime.ts';
import type { StagedBatch } from './stage.ts';
import { Turns } from './turns.ts';
import { WallClockTimer } from './wall-clock-timer.ts';

/** Records chosen and not yet past their turn, at the most; the byte budget is the real bound for anything large. */
const MAX_BUFFERED_RECORDS = 1_000;

export interface TaskOptions {
  /** For messages: `0_3`, sub-topology and partition. */
  readonly id: string;
  readonly nodes: readonly NodeSpec[];
  readonly runtime: TaskRuntime;
  /** The partitions that this task reads, and from where. */
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly startOffset: number;
  }[];
  /** What its stores keep once it is committed; restored, and closed by the caller. Needed where there are stores. */
  readonly storage?: TaskStorage;
  readonly stores?: readonly StoreSpec[];
  /** Times as they were committed with the offsets, see StagedBatch. */
  readonly streamTimeMs?: number;
  readonly clocks?: ReadonlyMap<string, number>;
  readonly partitionTimesMs?: ReadonlyMap<string, number>;
  readonly handlers?: ErrorHandlers;
  /** Where records go for which a handler answers `dead-letter`. */
  readonly deadLetterTopic?: string;
  /** How long one record, call or write may fail and be retried, ms, from its first failure on. Default: no limit. */
  readonly taskTimeoutMs?: number;
  /** Something was staged, or a full stage was taken: the commit loop looks again. */
  readonly onStaged: () => void;
  /** The task cannot go on; it is dropped already. */
  readonly onFailure: (error: unknown) => void;
  /** What the topology's own topics are called where it runs. Default: as in the topology. */
  readonly topicNames?: { logical(topic: string): string; physical(topic: string): string };
}

/**
 * One copy of a sub-topology, fed by one partition of each of its topics. Asynchronous work of many records runs at once,
 * ahead of its turn and without effects; effects happen in a record's turn, in the order in which records were chosen,
 * and are staged until a commit takes those of whole records. Punctuations have their place in the same order. Knows no Kafka.
 *
 * ```
 * queues ── choose (earliest timestamp) ──► reorder buffer ── turn of the head ──► effects ── take() ──► a commit
 *                                             work of all runs ahead                   └───── committed() ──► storage
 * ```
 */
export class Task {
  readonly id: string;
  readonly graph: CompiledGraph;
  /** How long one thing may fail and be retried, ms. */
  readonly taskTimeoutMs: number;
  readonly #options: TaskOptions;
  readonly #runtime: TaskRuntime;
  readonly #effects: Effects;
  readonly #queues: RecordQueues;
  readonly #turns: Turns;
  readonly #failures: Failures;
  readonly #timer: WallClockTimer;
  readonly #readRetries: Retries;
  readonly #lost = new AbortController();
  #wallClockInLine = false;
  #inputBytes = 0;
  #choosing = true;
  /** A record that could not be read is read again in a moment; nothing overtakes it. */
  #rereading = false;
  #pumping = false;

  constructor(options: TaskOptions) {
    const { id, nodes, runtime, partitions, topicNames, partitionTimesMs = new Map() } = options;
    const { nowMs } = runtime;
    this.id = id;
    this.#options = options;
    this.#runtime = runtime;
    this.taskTimeoutMs = options.taskTimeoutMs ?? Number.POSITIVE_INFINITY;
    this.#readRetries = new Retries(this.taskTimeoutMs);
    this.#timer = new WallClockTimer(nowMs, () => this.punctuateWallClock());
    this.#failures = new Failures({
      handlers: options.handlers ?? {},
      deadLetterTopic: options.deadLetterTopic,
      limits: runtime.limits,
      nowMs,
    });
    this.graph = compile(nodes);
    const stores = options.stores ?? [];
    this.#effects = new Effects({
      partitions,
      storage: options.storage,
      stores,
      streamTimeMs: options.streamTimeMs ?? -1,
      clocks: withoutGone(options.clocks ?? new Map(), {
        nodes: new Set(nodes.map(({ name }) => name)),
        stores: new Set(stores.map(({ name }) => name)),
      }),
      partitionTimesMs,
      undoable: this.#failures.handled,
      nowInTurnMs: () => this.#turns.turn.timestampMs,
    });
    this.#queues = new RecordQueues({
      partitions: partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        node: this.#sourceOf(topic),
        timeMs: partitionTimesMs.get(`${topic}-${partition}`) ?? -1,
      })),
      budget: runtime.budget,
      maxTaskIdleMs: runtime.maxTaskIdleMs,
      rules: {
        nowMs,
        maxFutureMs: runtime.maxFutureMs,
        onSkipped: (unread) => this.#leaveOut(unread, 'negative-timestamp'),
        onRefused: (unread, error, node) => this.#refuse(unread, error, node),
      },
      onIdle: () => this.pump(),
    });
    this.#turns = new Turns({
      id,
      graph: this.graph,
      runtime,
      effects: this.#effects,
      failures: this.#failures,
      taskTimeoutMs: this.taskTimeoutMs,
      physical: (topic) => topicNames?.physical(topic) ?? topic,
      lost: this.#lost.signal,
      onReady: () => this.pump(),
      onOver: (source) => {
        this.#inputBytes -= inputBytesOf(source);
      },
      onScheduled: (ran) => this.#scheduled(ran),
      onFailure: (error) => this.fail(error),
    });
    this.#turns.start();
  }

  /** What the tasks of this process spend their time on. */
  get meter(): Meter {
    return this.#runtime.meter;
  }

  get alive(): boolean {
    return !this.#lost.signal.aborted;
  }

  /** Chosen records whose turn is not over. */
  get buffered(): number {
    return this.#turns.length;
  }

  /** Records read and not yet chosen. */
  get queued(): number {
    return this.#queues.length;
  }

  /** Bytes of what was read, from intake to turn. */
  get inputBytes(): number {
    return this.#inputBytes;
  }

  /** Staged for the next commit. */
  get staged(): { readonly turns: number; readonly bytes: number } {
    return this.#effects.stage;
  }

  /** Nothing is queued, under way, staged or being committed. */
  get idle(): boolean {
    const { stage, committing } = this.#effects;
    return this.buffered === 0 && this.queued === 0 && stage.turns === 0 && committing === 0;
  }

  get streamTimeMs(): number {
    return this.#effects.clocks.streamTimeMs;
  }

  /** Records left out, by why; counted from the start of this task. */
  get droppedBy(): ReadonlyMap<DropReason, number> {
    return this.#turns.droppedBy;
  }

  get stageFull(): boolean {
    const { maxStagedRecords, maxStagedBytes, maxOverlayBytes } = this.#runtime;
    const { turns, bytes } = this.#effects.stage;
    return (
      turns >= maxStagedRecords || bytes >= maxStagedBytes || this.#effects.overlaysFull(maxOverlayBytes)
    );
  }

  /** A store of this task, with what is not committed yet. */
  store(name: string): StateStore | undefined {
    return this.#effects.stores.get(name);
  }

  /** Takes in records, those of each partition in offset order, and starts what can start once all are there. */
  push(...partitions: readonly (readonly ConsumedRecord[])[]): void {
    if (!this.alive) return;
    for (const records of partitions) this.#inputBytes += this.#queues.push(records);
    this.pump();
  }

  /** Chooses records into the line and takes the turns that are due, until neither is possible. */
  pump(): void {
    if (this.#pumping || !this.alive) return;
    this.#pumping = true;
    const begunMs = performance.now();
    try {
      const before = this.#effects.stage.turns;
      while (this.alive && (this.#takeTurn() || this.#choose()));
      if (this.#effects.stage.turns > before) this.#options.onStaged();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#pumping = false;
      this.#runtime.meter.processingMs += performance.now() - begunMs;
    }
  }

  /** Hands over the effects of all turns that are over. */
  take(): StagedBatch {
    const batch = this.#effects.take();
    queueMicrotask(() => this.pump());
    return batch;
  }

  /**
   * The batch is committed: its rows go into the storage.
   * @param positions per store with a changelog, the offset there from which rows are missing now
   */
  committed(batch: StagedBatch, positions: ReadonlyMap<string, number>): void {
    this.#effects.committed(batch, positions);
    queueMicrotask(() => this.pump());
  }

  /** Puts due wall-clock punctuations in line; each comes once, however long the clock was not looked at. */
  punctuateWallClock(): void {
    if (!this.alive || !this.#choosing || this.#wallClockInLine) return;
    const nowMs = this.#runtime.nowMs();
    if (!this.#turns.punctuations.isDue('wall-clock-time', nowMs)) {
      this.#setTimer(); // it was early, or what it was set for is cancelled
      return;
    }
    this.#wallClockInLine = true;
    this.#turns.addTime('wall-clock-time', nowMs);
    this.pump();
  }

  /**
   * Moves stream time forward without a record: only for input that is truly idle, since what is earlier is late from then
   * on. Windows close and punctuations run as if a record of that time had come.
   */
  advanceStreamTime(timeMs: number): void {
    if (!this.alive || !this.#choosing || timeMs <= this.streamTimeMs) return;
    this.#turns.addTime('stream-time', timeMs);
    this.pump();
  }

  /** Chooses nothing more; what is in line goes on to its turn. */
  drain(): void {
    this.#choosing = false;
  }

  /** Ends the task without a commit: aborts its work, gives back its bytes. What it staged is void. */
  drop(): void {
    if (!this.alive) return;
    this.#lost.abort(new StreamsError('TASK_LOST', 'fail', `task ${this.id} is no longer run here`));
    this.#timer.set(undefined);
    this.#queues.clear();
    this.#turns.drop();
  }

  fail(error: unknown): void {
    if (!this.alive) return;
    this.drop();
    this.#options.onFailure(error);
  }

  #sourceOf(topic: string): CompiledSource {
    const logical = this.#options.topicNames?.logical(topic) ?? topic;
    const source = this.graph.sources.find((node) => node.spec.topics.includes(logical));
    if (!source) throw new Error(`task ${this.id} has no source for ${topic}`);
    return source;
  }

  #takeTurn(): boolean {
    return this.#turns.length > 0 && (this.#turns.begun || !this.stageFull) && this.#turns.take();
  }

  #choose(): boolean {
    if (!this.#choosing || this.#rereading || this.buffered >= MAX_BUFFERED_RECORDS || this.stageFull)
      return false;
    if (this.buffered > 0 && this.#turns.gatesFull) return false;
    const before = this.buffered;
    const head = this.#queues.next();
    if (!head) return this.buffered > before; // records that are left out have a turn too
    this.#readRetries.clear();
    if (this.buffered > 0 || head.node.ahead) this.#turns.addRecord(head);
    else this.#turns.runNow(head);
    return true;
  }

  // ---- records that cannot be read ----

  /** True: it is left out, false: it is read again later. */
  #refuse(unread: Unread, error: unknown, { name }: CompiledSource): boolean {
    const { source } = unread;
    const failure = { record: source, error, node: name };
    switch (this.#failures.reading(failure)) {
      case 'fail':
        throw error;
      case 'continue':
        this.#leaveOut(unread, 'failed');
        return true;
      case 'dead-letter':
        this.#leaveOut(unread, 'dead-letter', this.#failures.letter(failure));
        return true;
      case 'retry':
        this.#readLater(source, error);
        return false;
    }
  }

  /** Its turn has no effect but a letter; its offset joins the position when those before it have. */
  #leaveOut({ source, holding }: Unread, reason: DropReason, letter?: ProducedRecord): void {
    this.#turns.countDropped(reason);
    const cause = { source, timestamp: -1, clock: 'stream-time', holding, begin: () => {} } as const;
    this.#turns.add(letter ? { ...cause, letter } : cause);
  }

  #readLater({ topic, partition, offset }: ConsumedRecord, error: unknown): void {
    const timeUp = this.#readRetries.timeUp(error, `reading ${topic}-${partition}@${offset}`);
    if (timeUp) throw timeUp;
    this.#rereading = true;
    this.#readRetries.pause(this.#lost.signal).then(
      () => {
        this.#rereading = false;
        this.pump();
      },
      (lost) => this.fail(lost),
    );
  }

  // ---- the wall clock ----

  #scheduled(ran: boolean): void {
    if (ran) this.#wallClockInLine = false;
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#runtime.clockMoves && this.alive)
      this.#timer.set(this.#turns.punctuations.nextMs('wall-clock-time'));
  }
}
