import { setTimeout as sleep } from 'node:timers/promises';
import { stepFailed } from '../processors/steps/answer.ts';

const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/** A failure that may heal by waiting; any other error ends the attempts. */
export class MayHeal extends Error {
  /** The other side's own wish, from its answer. */
  readonly retryAfterMs: number;

  constructor(why: string, retryAfterMs = 0, options?: ErrorOptions) {
    super(why, options);
    this.name = 'MayHeal';
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Attempts until one succeeds, with exponential backoff and full jitter, as long as the step's time has room for another.
 * Rejects with a Refusal PLUGIN_UNAVAILABLE then: the deadline of a step rules over an endpoint that is down.
 */
export async function retried<T>(
  step: string,
  timeoutMs: number,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const untilMs = performance.now() + timeoutMs;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MayHeal)) throw error;
      const backoffMs = Math.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** tries);
      const delayMs = Math.max(backoffMs, error.retryAfterMs);
      if (performance.now() + delayMs >= untilMs) {
        const why = `${error.message}, ${tries === 1 ? 'once' : `${tries} times`} within ${timeoutMs} ms`;
        throw stepFailed(step, why, 'PLUGIN_UNAVAILABLE', error);
      }
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
