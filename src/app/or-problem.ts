import type { Unusable } from '../sources/arrival.ts';
import { StreamsError } from '../topology/errors.ts';

/** What `work` resolves to, or the problem of an error that concerns this image alone; any other error is thrown on. */
export async function orProblem<T>(work: () => Promise<T>): Promise<T | { readonly problem: Unusable }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StreamsError) || error.disposition !== 'dead-letter') throw error;
    return { problem: { code: error.code, reason: error.message } };
  }
}
