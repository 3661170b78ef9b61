/** Which timestamps of the right side join a left record at T: from T - beforeMs to T + afterMs, both included. */
export interface JoinWindows {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** How long after a record's window has ended a late partner may still come, ms of stream time. */
  readonly graceMs: number;
}

/** How far apart two records that join may be, ms. */
export function joinWindowSizeMs({ beforeMs, afterMs }: JoinWindows): number {
  return beforeMs + afterMs;
}

/** How long records are kept for late partners, ms. */
export function joinRetentionMs(windows: JoinWindows): number {
  return joinWindowSizeMs(windows) + windows.graceMs;
}
