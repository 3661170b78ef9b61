import type { TaskRuntime } from './runtime.ts';

export interface CommitIntervals {
  readonly commitIntervalMs: number;
  readonly busyCommitIntervalMs?: number;
}

/**
 * How long effects wait for others, ms, as it is now. Who waits for a call to begin can wait for a commit too, and fewer commits
 * leave more to the calls.
 */
export function commitInterval(
  { gates }: Pick<TaskRuntime, 'gates'>,
  { commitIntervalMs, busyCommitIntervalMs = commitIntervalMs }: CommitIntervals,
): () => number {
  const busyMs = Math.max(commitIntervalMs, busyCommitIntervalMs);
  return () => {
    for (const gate of gates.values()) if (gate.waiting > 0) return busyMs;
    return commitIntervalMs;
  };
}
