interface Waiter {
  readonly mayPass: () => boolean;
  readonly start: () => void;
}

/**
 * The door of one `mapAsync` node, shared by all tasks of the process: at most `concurrency` calls run, others wait in the
 * order of arrival. While a node downstream has calls waiting, none is started here. A record at the head of its task
 * passes at once, since everything behind it waits for it.
 */
export class AsyncGate {
  readonly name: string;
  readonly concurrency: number;
  readonly #downstream: AsyncGate[] = [];
  readonly #upstream: AsyncGate[] = [];
  #running = 0;
  #waiters: Waiter[] = [];
  /** Calls that wait for their next attempt, and why the last one failed; for health and metrics. */
  readonly retrying = new Map<object, string>();
  retries = 0;

  constructor(name: string, concurrency: number) {
    this.name = name;
    this.concurrency = concurrency;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** Declares that results of this node flow into `gate`. */
  leadsTo(gate: AsyncGate): void {
    if (this.#downstream.includes(gate)) return;
    this.#downstream.push(gate);
    gate.#upstream.push(this);
  }

  /** Resolves when the call may start; the caller must `leave()` once for each `enter()` that resolved. */
  enter(mayPass: () => boolean, signal: AbortSignal): Promise<void> {
    if (this.#waiters.length === 0 && (this.#open() || mayPass())) {
      this.#running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((w) => w !== waiter);
        this.#drained();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        mayPass,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          this.#running++;
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.poke();
    });
  }

  leave(): void {
    this.#running--;
    this.poke();
  }

  /** Starts what may start now: called when a call ended, a downstream queue emptied, or another record became the head. */
  poke(): void {
    const before = this.#waiters.length;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!this.#open() && !waiter.mayPass()) return true;
      waiter.start();
      return false;
    });
    if (before > 0) this.#drained();
  }

  #drained(): void {
    if (this.#waiters.length === 0) for (const gate of this.#upstream) if (gate.waiting > 0) gate.poke();
  }

  #open(): boolean {
    return this.#running < this.concurrency && this.#downstream.every((gate) => gate.waiting === 0);
  }
}
