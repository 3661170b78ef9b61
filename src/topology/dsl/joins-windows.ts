import { TopologyError } from '../errors.ts';
import type { JoinWindows } from '../operators/stream-join-windows.ts';

/**
 * How far apart two records of a stream-stream join may be: the right one from `beforeMs` before to `afterMs` after the left
 * one, both included; and how long after that, in stream time, a late partner may still come. Throws TopologyError unless
 * all three are whole milliseconds, `graceMs` at least 0, and the window not empty.
 */
export function joinWindows(windows: JoinWindows): JoinWindows {
  const { beforeMs, afterMs, graceMs } = windows;
  const problems = Object.entries({ beforeMs, afterMs, graceMs })
    .filter(([, spanMs]) => !Number.isSafeInteger(spanMs))
    .map(([name, spanMs]) => `joinWindows: ${name} must be a whole number of milliseconds; got ${spanMs}`);
  if (graceMs < 0) problems.push(`joinWindows: graceMs must be at least 0; got ${graceMs}`);
  if (beforeMs + afterMs < 0) {
    problems.push(`joinWindows: beforeMs + afterMs must be at least 0; got ${beforeMs} + ${afterMs}`);
  }
  if (problems.length > 0) throw new TopologyError(problems);
  return { beforeMs, afterMs, graceMs };
}
