/** A seeded source of numbers (mulberry32): the same pictures on every machine. */
export function seeded(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low: number, high: number): number => low + next() * (high - low),
    whole: (low: number, high: number): number => Math.floor(low + next() * (high - low + 1)),
  };
}

export type Random = ReturnType<typeof seeded>;
