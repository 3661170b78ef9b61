import type { ConsumedRecord } from '../record.ts';

/**
 * What becomes of a record that has failed. Its effects so far (outputs, rows, writes to sinks) are taken back first,
 * whatever the answer; what a processor has changed in its own fields is not.
 * - `retry`: it is tried again in its place, with growing pauses; nothing overtakes it.
 * - `dead-letter`: its bytes go to the dead-letter topic with the error's headers (KIP-1034), and the stream goes on.
 * - `continue`: it is left out and counted, and the stream goes on.
 * - `fail`: the task stops with the error. The default.
 */
export type ErrorAnswer = 'retry' | 'dead-letter' | 'continue' | 'fail';

export interface Failure {
  /** The source record, as it was read; undefined: a punctuation has failed. */
  readonly record: ConsumedRecord | undefined;
  readonly error: unknown;
  /** The node that threw. */
  readonly node: string;
}

export type ErrorHandler = (failure: Failure) => ErrorAnswer;

/** One for each place where a record can fail; what is absent answers `fail`. */
export interface ErrorHandlers {
  /** Bytes that do not fit the serdes, or a timestamp that is not allowed. */
  readonly deserialization?: ErrorHandler;
  /** An operator, processor or punctuation threw, or a `mapAsync` failed and did not recover. */
  readonly processing?: ErrorHandler;
  /**
   * A sink could not serialize an output, or its topic would not take it (RECORD_TOO_LARGE, RECORD_TIME_REFUSED). `continue` and
   * `dead-letter` leave out that output alone.
   */
  readonly production?: ErrorHandler;
}
