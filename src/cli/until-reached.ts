import { setTimeout as delay } from 'node:timers/promises';
import { StreamsError } from '../topology/index.ts';

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;

/**
 * Calls `attempt` until it succeeds, with growing waits and jitter, for as long as its errors heal by waiting (disposition
 * `retry`); throws every other one at once, and the signal's reason when it fires.
 */
export async function untilReached(
  attempt: () => Promise<void>,
  options: { readonly signal: AbortSignal; readonly onWait: (error: StreamsError) => void },
): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    options.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StreamsError) || error.disposition !== 'retry') throw error;
      options.onWait(error);
    }
    const ceilingMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 10));
    await delay(ceilingMs * (0.5 + Math.random() / 2), undefined, { signal: options.signal }).catch(() => {});
  }
}
