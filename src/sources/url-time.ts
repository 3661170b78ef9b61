/** Ran out of time; `during` says at what. */
export class OutOfTime extends Error {
  constructor(during: string, limitMs: number) {
    super(`no ${during} within ${limitMs} ms`);
    this.name = 'OutOfTime';
  }
}

/** Time of one attempt: a limit for each phase and one for all; what is waited for by ourselves does not count. */
export class AttemptTime {
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  #leftMs: number;
  #phase: { readonly timer: NodeJS.Timeout; readonly startedMs: number } | undefined;

  constructor(totalMs: number, outer: AbortSignal | undefined) {
    this.#leftMs = totalMs;
    this.signal = outer ? AbortSignal.any([outer, this.#ended.signal]) : this.#ended.signal;
  }

  /** Begins a phase, which ends the one before. */
  begin(during: string, limitMs: number = this.#leftMs): void {
    this.pause();
    const ms = Math.max(0, Math.min(limitMs, this.#leftMs));
    const timer = setTimeout(() => this.#ended.abort(new OutOfTime(during, Math.round(ms))), ms);
    this.#phase = { timer, startedMs: performance.now() };
  }

  /** Stops the clock until the next phase begins. */
  pause(): void {
    if (!this.#phase) return;
    clearTimeout(this.#phase.timer);
    this.#leftMs -= performance.now() - this.#phase.startedMs;
    this.#phase = undefined;
  }

  /** What `work` resolves to; rejects when the time is over, for work that knows no signal. */
  async within<T>(work: Promise<T>): Promise<T> {
    const over = Promise.withResolvers<never>();
    const onAbort = () => over.reject(this.signal.reason);
    this.signal.addEventListener('abort', onAbort, { once: true });
    if (this.signal.aborted) onAbort();
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }
}
