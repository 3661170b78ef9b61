import type { ByteBudget } from '../task/byte-budget.ts';
import type { Intake } from './intake.ts';

const CHECK_EVERY_MS = 10;
/** A task may hold so much in any case, however many tasks there are. */
const MIN_SHARE_BYTES = 1024 * 1024;
/** Fetching goes on below this part of the bound. */
const LOW_MARK = 0.6;

/** What flow control looks at: a task's partitions and the bytes of what it has taken in. */
export interface FlowControlled {
  readonly intakes: readonly Intake[];
  readonly inputBytes: number;
}

/**
 * Stops fetching when the process holds its budget, or a task its share of it, and goes on when enough is given back. A
 * fetch that is under way still comes in: the bound is the budget and one fetch per broker.
 */
export class FlowControl {
  readonly #budget: ByteBudget;
  readonly #tasks: () => readonly FlowControlled[];
  #timer: NodeJS.Timeout | undefined;

  constructor(budget: ByteBudget, tasks: () => readonly FlowControlled[]) {
    this.#budget = budget;
    this.#tasks = tasks;
  }

  /** To be called after records were taken in. */
  check(): void {
    const tasks = this.#tasks();
    const all = this.#budget.usedBytes >= this.#budget.limitBytes;
    const shareBytes = this.#shareBytes(tasks.length);
    for (const task of tasks) {
      if (!all && task.inputBytes < shareBytes) continue;
      for (const intake of task.intakes) intake.pause('full');
      this.#timer ??= setInterval(() => this.#release(), CHECK_EVERY_MS);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #shareBytes(tasks: number): number {
    return Math.max(MIN_SHARE_BYTES, this.#budget.limitBytes / Math.max(1, tasks));
  }

  #release(): void {
    if (this.#budget.usedBytes > this.#budget.limitBytes * LOW_MARK) return;
    const tasks = this.#tasks();
    const lowBytes = this.#shareBytes(tasks.length) * LOW_MARK;
    let waiting = false;
    for (const task of tasks) {
      if (task.inputBytes > lowBytes) waiting = true;
      else for (const intake of task.intakes) intake.resume('full');
    }
    if (!waiting) this.stop();
  }
}
