import type { SessionWindows, TimeWindows } from '../operators/time-windows.ts';

/**
 * Windows of `sizeMs`, one beginning every `advanceMs` (default: `sizeMs`, so that they touch) counted from the epoch. A
 * window takes late records until stream time has reached its end + `graceMs`.
 */
export function timeWindows(windows: {
  readonly sizeMs: number;
  readonly advanceMs?: number;
  readonly graceMs: number;
}): TimeWindows {
  const { sizeMs, advanceMs = sizeMs, graceMs } = windows;
  return { kind: 'time', sizeMs, advanceMs, graceMs };
}

/**
 * Sessions of records of one key that are at most `gapMs` apart. A session takes late records until stream time has passed its
 * end + `gapMs` + `graceMs`.
 */
export function sessionWindows({ gapMs, graceMs }: Omit<SessionWindows, 'kind'>): SessionWindows {
  return { kind: 'session', gapMs, graceMs };
}

/** How long after a window's last record, at the least, its row has to be kept, ms. */
export const spanMs = (windows: TimeWindows | SessionWindows): number =>
  (windows.kind === 'time' ? windows.sizeMs : windows.gapMs) + windows.graceMs;

function* spanProblems(name: string, valueMs: number, leastMs: number): Generator<string> {
  if (!Number.isSafeInteger(valueMs) || valueMs < leastMs)
    yield `${name} must be a whole number of milliseconds, at least ${leastMs}; got ${valueMs}`;
}

/** What is wrong with windows, and with the time that their rows are kept. */
export function* windowProblems(
  windows: TimeWindows | SessionWindows,
  retentionMs: number | undefined,
): Generator<string> {
  const { graceMs } = windows;
  yield* spanProblems('graceMs', graceMs, 0);
  if (windows.kind === 'session') {
    yield* spanProblems('gapMs', windows.gapMs, 0);
  } else {
    const { sizeMs, advanceMs } = windows;
    yield* spanProblems('sizeMs', sizeMs, 1);
    yield* spanProblems('advanceMs', advanceMs, 1);
    if (advanceMs > sizeMs)
      yield `advanceMs must be at most sizeMs, or records fall between the windows; got ${advanceMs} and ${sizeMs}`;
  }
  if (retentionMs === undefined || retentionMs >= spanMs(windows)) return;
  const [what, size] = windows.kind === 'time' ? ['size', windows.sizeMs] : ['gap', windows.gapMs];
  yield `retentionMs must be at least ${what} + grace, ${size} + ${graceMs} ms, or rows are gone before their windows close; got ${retentionMs}`;
}
