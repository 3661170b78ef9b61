import { setTimeout as sleep } from 'node:timers/promises';

/** Failures in a row, of any requests, after which the other side is taken to be down. */
const OPEN_AFTER_FAILURES = 5;
const BASE_DELAY_MS = 50;

export interface CircuitOptions {
  /** Why an error may heal by waiting, in a sentence's part; undefined when the other side has answered and meant it. */
  readonly transient: (error: unknown) => string | undefined;
  /** Longest pause between two attempts. */
  readonly maxDelayMs: number;
  /** One attempt. */
  readonly timeoutMs: number;
}

/**
 * Repeats requests to one service until they are answered: with exponential backoff and full jitter, for as long as it
 * takes. While the service is down one request at a time is the probe, each in its turn, and all others wait for it, so that
 * it is not stormed when it comes back.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  readonly #waiting = new Set<(isProbe: boolean) => void>();
  #failures = 0;
  #probing = false;
  #trouble: { readonly reason: string; readonly sinceMs: number } | undefined;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** Why and since when the service is taken to be down. */
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined {
    return this.#isOpen() ? this.#trouble : undefined;
  }

  /** Resolves or rejects as `attempt` does once the service answers; rejects with the signal's reason when that fires. */
  async run<T>(attempt: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let tries = 0; ; tries++) {
      const probe = await this.#admit(signal);
      const timeout = AbortSignal.timeout(this.#options.timeoutMs);
      try {
        const result = await attempt(signal ? AbortSignal.any([signal, timeout]) : timeout);
        this.#answered();
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        const reason = timeout.aborted
          ? `no answer within ${this.#options.timeoutMs} ms`
          : this.#options.transient(error);
        if (reason === undefined) {
          this.#answered();
          throw error;
        }
        this.#failed(reason);
      } finally {
        if (probe) this.#leaveProbe();
      }
      if (!this.#isOpen()) await this.#pause(tries, signal);
    }
  }

  #isOpen(): boolean {
    return this.#failures >= OPEN_AFTER_FAILURES;
  }

  /** Waits until a request may be sent; true for the one that is sent as the probe. */
  async #admit(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    while (this.#isOpen()) {
      const isProbe = this.#probing ? await this.#turn(signal) : true;
      if (!isProbe) continue;
      this.#probing = true;
      try {
        await this.#pause(this.#failures - OPEN_AFTER_FAILURES, signal);
        return true;
      } catch (error) {
        this.#leaveProbe();
        throw error;
      }
    }
    return false;
  }

  /** Waits behind those that wait already; true: as the next probe. */
  #turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(wake);
        reject(signal?.reason);
      };
      const wake = (isProbe: boolean): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', leave);
        resolve(isProbe);
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Handed to who has waited longest: a request that alone is never answered must not be the only one that is tried. */
  #leaveProbe(): void {
    const [next] = this.#waiting;
    if (next && this.#isOpen()) {
      next(true);
      return;
    }
    this.#probing = false;
    for (const wake of [...this.#waiting]) wake(false);
  }

  #answered(): void {
    this.#failures = 0;
    this.#trouble = undefined;
  }

  #failed(reason: string): void {
    this.#failures++;
    this.#trouble = { reason, sinceMs: this.#trouble?.sinceMs ?? Date.now() };
  }

  /** Full jitter: anything between nothing and the exponential delay (Brooker, "Exponential Backoff And Jitter"). */
  async #pause(exponent: number, signal: AbortSignal | undefined): Promise<void> {
    const longest = Math.min(this.#options.maxDelayMs, BASE_DELAY_MS * 2 ** Math.min(exponent, 20));
    try {
      await sleep(Math.random() * longest, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}
