/** A quality that was tried, and what came of it. */
export interface Tried<T> {
  readonly quality: number;
  readonly result: T;
  /** Whether it is what was looked for; false where no quality is. */
  readonly reached: boolean;
}

/**
 * The lowest of the qualities (rising, at least one) whose result passes, taking for granted that a higher one passes too;
 * where none does, the highest. By halves: seven tries at most among a hundred. `hopeless` ends the search with undefined,
 * after a try that did not pass.
 */
export async function lowestQuality<T>(
  qualities: readonly number[],
  attempt: (quality: number) => Promise<T>,
  passes: (result: T) => boolean,
  hopeless: (result: T) => boolean = () => false,
): Promise<Tried<T> | undefined> {
  let low = 0;
  let above = qualities.length;
  let best: Tried<T> | undefined;
  while (low < above) {
    const middle = Math.floor((low + above) / 2);
    const tried = await tryOne(qualities[middle], attempt, passes);
    if (tried.reached) {
      above = middle;
    } else {
      if (hopeless(tried.result)) return undefined;
      low = middle + 1;
    }
    if (tried.reached || !best?.reached) best = tried;
  }
  return best;
}

/**
 * The highest of the qualities (rising, at least one) whose result passes, taking for granted that a lower one passes too;
 * where none does, the lowest. By halves: seven tries at most among a hundred.
 */
export async function highestQuality<T>(
  qualities: readonly number[],
  attempt: (quality: number) => Promise<T>,
  passes: (result: T) => boolean,
): Promise<Tried<T>> {
  const falling = qualities.toReversed();
  const found = await lowestQuality(falling, attempt, passes);
  if (!found) throw new Error('there are no qualities to choose from');
  return found;
}

async function tryOne<T>(
  quality: number | undefined,
  attempt: (quality: number) => Promise<T>,
  passes: (result: T) => boolean,
): Promise<Tried<T>> {
  if (quality === undefined) throw new Error('there are no qualities to choose from');
  const result = await attempt(quality);
  return { quality, result, reached: passes(result) };
}
