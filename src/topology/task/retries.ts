import { StreamsError } from '../errors.ts';
import { waitBackoff } from './backoff.ts';

/** How often something has failed, and how long it may go on to. */
export class Retries {
  readonly #timeoutMs: number;
  #attempts = 0;
  #sinceMs = 0;

  /** @param timeoutMs from the first failure on; infinite: no limit */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Asked after each failure: TASK_TIMEOUT when it may not be tried again. */
  timeUp(error: unknown, what: string): StreamsError | undefined {
    const nowMs = performance.now(); // the clock of a test driver may stand still
    if (this.#attempts === 0) this.#sinceMs = nowMs;
    this.#attempts++;
    if (nowMs - this.#sinceMs < this.#timeoutMs) return undefined;
    return new StreamsError(
      'TASK_TIMEOUT',
      'fail',
      `${what} was tried ${this.#attempts} times in ${this.#timeoutMs} ms (taskTimeoutMs) and still fails: ` +
        `${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }

  /** Waits before the next attempt; rejects with the signal's reason when it fires. */
  pause(signal: AbortSignal): Promise<void> {
    return waitBackoff(this.#attempts - 1, signal);
  }

  /** It went well: the next failure is the first again. */
  clear(): void {
    this.#attempts = 0;
  }
}
