/** Bounds of what a suppress holds back. Default: none. */
export interface SuppressBufferBounds {
  readonly maxRecords?: number;
  /** Bytes of the rows of its store. */
  readonly maxBytes?: number;
}

/** When a suppress lets a change go. Made by `untilWindowCloses` and `untilTimeLimit`. */
export type Suppressed =
  | { readonly until: 'window-closes'; readonly bounds: SuppressBufferBounds }
  | { readonly until: 'time-limit'; readonly timeMs: number; readonly bounds: SuppressBufferBounds };

/** One result for each window, when it closes: for windowed tables only. A full buffer fails the task. */
export function untilWindowCloses(bounds: SuppressBufferBounds = {}): Suppressed {
  return { until: 'window-closes', bounds };
}

/** The last change of each key, `timeMs` of stream time after the first that waits. A full buffer lets the oldest go early. */
export function untilTimeLimit(timeMs: number, bounds: SuppressBufferBounds = {}): Suppressed {
  return { until: 'time-limit', timeMs, bounds };
}

export function* suppressProblems(suppressed: Suppressed): Generator<string> {
  if (suppressed.until === 'time-limit' && !(suppressed.timeMs >= 0 && Number.isFinite(suppressed.timeMs)))
    yield `timeMs must be 0 ms or more; got ${suppressed.timeMs}`;
  const { maxRecords = 0, maxBytes = 0 } = suppressed.bounds;
  if (!(maxRecords >= 0)) yield `maxRecords must be 0 or more; got ${maxRecords}`;
  if (!(maxBytes >= 0)) yield `maxBytes must be 0 or more; got ${maxBytes}`;
}
