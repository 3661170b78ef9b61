/** The longest time that a timer takes, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Wakes a task for its wall-clock punctuations. It keeps no process alive. */
export class WallClockTimer {
  readonly #nowMs: () => number;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(nowMs: () => number, onDue: () => void) {
    this.#nowMs = nowMs;
    this.#onDue = onDue;
  }

  /** Calls back at this time; an earlier call to `set` is void. */
  set(dueMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (dueMs === undefined) return;
    const waitMs = Math.min(Math.max(dueMs - this.#nowMs(), 1), MAX_TIMER_MS);
    this.#timer = setTimeout(this.#onDue, waitMs).unref();
  }
}
