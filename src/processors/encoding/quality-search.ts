/** A quality that was tried, and what came of it. */
export interface Tried<T> {
  readonly quality: number;
  readonly result: T;
  /** Whether it is what was looked for; false where no quality is. */
  readonly reached: boolean;
}

const MAX_QUALITY = 100;

/**
 * The lowest quality from 1 to 100 whose result passes, taking for granted that a higher one passes too; where none
 * does, 100's. Seven tries at most. `hopeless` ends the search with undefined, after a try that did not pass.
 */
export async function lowestQuality<T>(
  attempt: (quality: number) => Promise<T>,
  passes: (result: T) => boolean,
  hopeless: (result: T) => boolean = () => false,
): Promise<Tried<T> | undefined> {
  let low = 1;
  let above = MAX_QUALITY + 1;
  let best: Tried<T> | undefined;
  let last: Tried<T> | undefined;
  while (low < above) {
    const quality = Math.floor((low + above) / 2);
    const result = await attempt(quality);
    last = { quality, result, reached: passes(result) };
    if (last.reached) {
      best = last;
      above = quality;
    } else {
      if (hopeless(result)) return undefined;
      low = quality + 1;
    }
  }
  return best ?? last;
}

/**
 * The highest quality from 1 to 100 whose result passes, taking for granted that a lower one passes too; where none
 * does, 1's. Seven tries at most.
 */
export async function highestQuality<T>(
  attempt: (quality: number) => Promise<T>,
  passes: (result: T) => boolean,
): Promise<Tried<T>> {
  let below = 0;
  let high = MAX_QUALITY;
  let best: Tried<T> | undefined;
  while (true) {
    const quality = Math.ceil((below + high) / 2);
    const result = await attempt(quality);
    const tried = { quality, result, reached: passes(result) };
    if (tried.reached) {
      best = tried;
      below = quality;
    } else {
      high = quality - 1;
    }
    if (below >= high) return best ?? tried;
  }
}
