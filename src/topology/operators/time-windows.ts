/** Windows of a fixed size, ms: one begins every `advanceMs` from 0 on. The end is exclusive. */
export interface TimeWindows {
  readonly kind: 'time';
  readonly sizeMs: number;
  readonly advanceMs: number;
  /** How long after its end, in stream time, a window still takes late records, ms. */
  readonly graceMs: number;
}

/** Windows of activity: records of a key that are at most `gapMs` apart. Start and end are those of records, inclusive. */
export interface SessionWindows {
  readonly kind: 'session';
  readonly gapMs: number;
  /** How long after its end + gap, in stream time, a session still takes late records, ms. */
  readonly graceMs: number;
}

/** Where the windows begin that a timestamp is in, the earliest first. */
export function windowStarts({ sizeMs, advanceMs }: TimeWindows, timestamp: number): number[] {
  const starts: number[] = [];
  let startMs = Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs;
  for (; startMs <= timestamp; startMs += advanceMs) starts.push(startMs);
  return starts;
}

/** Whether two times are in the same windows. */
export function inSameWindows(windows: TimeWindows, a: number, b: number): boolean {
  const [of, and] = [windowStarts(windows, a), windowStarts(windows, b)];
  return of.length === and.length && of.every((startMs, i) => startMs === and[i]);
}
