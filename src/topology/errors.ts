/** What the runtime does about an error; decided where the error is made. */
export type Disposition = 'retry' | 'dead-letter' | 'fail';

/** An error with a stable code (docs/errors.md) and what is to be done about it. */
export class StreamsError extends Error {
  readonly code: string;
  readonly disposition: Disposition;

  constructor(code: string, disposition: Disposition, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamsError';
    this.code = code;
    this.disposition = disposition;
  }
}

/** Every mistake of a topology that can be seen without running it, in one error. */
export class TopologyError extends StreamsError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'TOPOLOGY_INVALID',
      'fail',
      `the topology has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'TopologyError';
    this.problems = problems;
  }
}
