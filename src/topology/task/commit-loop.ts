import { flushExternal, type OnSinkTrouble } from './flush.ts';
import type { StagedBatch } from './stage.ts';
import type { Task } from './task.ts';

/** Makes a batch's outputs, rows and positions durable, together where the guarantee says so. */
export interface Committer {
  /**
   * Resolves to the offset behind the last record of each store's changelog that was written to, by store. Rejects when the
   * outcome is unknown. A batch may have no positions: then a punctuation alone has caused it.
   */
  commit(batch: StagedBatch): Promise<ReadonlyMap<string, number>>;
}

export interface CommitLoopOptions {
  readonly task: Task;
  readonly committer: Committer;
  /** How long staged effects wait for others to be committed with them, ms; asked again while they wait. */
  readonly commitIntervalMs: () => number;
  readonly nowMs: () => number;
  readonly onCommitted: (batch: StagedBatch) => void;
  readonly onSinkTrouble: OnSinkTrouble;
}

/** A wait that was made longer because much was going on ends soon after that does. */
const LOOK_AGAIN_MS = 50;

/**
 * Commits what a task has staged, one batch after another. Nothing is open while the head of the line waits: sinks outside
 * Kafka are flushed first, then one transaction is begun, filled and committed.
 */
export class CommitLoop {
  readonly #options: CommitLoopOptions;
  readonly #lingerMs: number;
  readonly #stop = new AbortController();
  #draining = false;
  #wake: (() => void) | undefined;
  /** Resolves when the loop has ended: drained, or its task dropped. */
  readonly ended: Promise<void>;

  constructor(options: CommitLoopOptions) {
    this.#options = options;
    this.#lingerMs = Math.max(0, ...options.task.graph.externalSinks.map((sink) => sink.lingerMs));
    this.ended = this.#run();
  }

  /** Something was staged or has changed: look again. */
  notify(): void {
    this.#wake?.();
  }

  /** Commits at once what is staged, then each record as its turn ends; the loop ends when the buffer is empty. */
  drain(): void {
    this.#draining = true;
    this.#options.task.drain();
    this.notify();
  }

  /** The task was dropped: ends retries too. */
  stop(): void {
    this.#stop.abort(new Error('the task was dropped'));
    this.notify();
  }

  async #run(): Promise<void> {
    const { task } = this.#options;
    try {
      while (await this.#somethingDue()) await this.#commitOnce();
    } catch (error) {
      task.fail(error);
    }
  }

  async #commitOnce(): Promise<void> {
    const { task, committer, onCommitted, onSinkTrouble } = this.#options;
    const batch = task.take();
    const { externalSinks } = task.graph;
    const { meter } = task;
    if (externalSinks.length > 0) {
      await meter.flush(() =>
        flushExternal(externalSinks, batch, this.#stop.signal, onSinkTrouble, task.taskTimeoutMs),
      );
      if (!task.alive) return;
    }
    const positions = await meter.commit(() => committer.commit(batch));
    if (!task.alive) return;
    task.committed(batch, positions);
    onCommitted(batch);
  }

  /** Waits until a batch is to be committed; false when there will be none. */
  async #somethingDue(): Promise<boolean> {
    const { task, nowMs, commitIntervalMs } = this.#options;
    while (task.alive && task.staged.turns === 0) {
      if (this.#draining && task.buffered === 0) return false;
      await this.#wait();
    }
    const sinceMs = nowMs();
    while (task.alive && !this.#draining && !task.stageFull) {
      const leftMs = sinceMs + Math.max(commitIntervalMs(), this.#lingerMs) - nowMs();
      if (leftMs <= 0) break;
      await this.#wait(Math.min(leftMs, LOOK_AGAIN_MS));
    }
    return task.alive;
  }

  #wait(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
