/** Numbers of a running application; counters begin with the process. */
export interface StreamsMetrics {
  readonly tasks: number;
  readonly tasksRunning: number;
  readonly recordsConsumed: number;
  readonly recordsCommitted: number;
  readonly recordsProduced: number;
  readonly commits: number;
  readonly commitFailures: number;
  readonly duplicatesDropped: number;
  readonly heldBytes: number;
  readonly budgetBytes: number;
  readonly budgetWaiting: number;
  readonly buffered: number;
  readonly queued: number;
  readonly retries: number;
  readonly lag: readonly { readonly topic: string; readonly partition: number; readonly records: number }[];
  readonly asyncNodes: readonly {
    readonly name: string;
    readonly running: number;
    readonly waiting: number;
    readonly retrying: number;
  }[];
}
