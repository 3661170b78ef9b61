/** Topics keep times as 64-bit numbers. */
const TOO_LARGE = 2 ** 63;

/** Whether a record can have this time: a whole number of ms since the epoch. Topics of other writers may hold times beyond 2^53. */
export const isTimestamp = (timestamp: number): boolean =>
  Number.isInteger(timestamp) && timestamp >= 0 && timestamp < TOO_LARGE;
