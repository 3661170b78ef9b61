import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;
const MAX_MS = 5_000;

/** Exponential with full jitter: attempt 0 waits up to 100 ms, later ones up to 5 s. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return Math.ceil(random() * Math.min(MAX_MS, FIRST_MS * 2 ** attempt)) + 1;
}

/** Waits for the attempt's back-off; rejects with the signal's reason when it fires. */
export async function waitBackoff(attempt: number, signal: AbortSignal): Promise<void> {
  await delay(backoffMs(attempt), undefined, { signal, ref: false }).catch(() => signal.throwIfAborted());
}
