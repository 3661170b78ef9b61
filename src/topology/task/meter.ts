/** What the tasks of one process have spent their time on since it began, ms. */
export class Meter {
  /** Turns, and the beginning of asynchronous work: what holds the event loop. */
  processingMs = 0;
  /** Writes to sinks outside Kafka, with their retries. */
  flushMs = 0;
  /** From the first record of a transaction to its end; failed ones too. */
  commitMs = 0;
  longestCommitMs = 0;

  async flush(write: () => Promise<void>): Promise<void> {
    const begunMs = performance.now();
    try {
      await write();
    } finally {
      this.flushMs += performance.now() - begunMs;
    }
  }

  async commit<T>(commit: () => Promise<T>): Promise<T> {
    const begunMs = performance.now();
    try {
      return await commit();
    } finally {
      const ms = performance.now() - begunMs;
      this.commitMs += ms;
      this.longestCommitMs = Math.max(this.longestCommitMs, ms);
    }
  }
}
