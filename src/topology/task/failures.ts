import { StreamsError } from '../errors.ts';
import type { ProducedRecord } from '../record.ts';
import { alone, deadLetter, withoutBody } from './dead-letter.ts';
import type { ErrorAnswer, ErrorHandlers, Failure } from './error-handlers.ts';
import type { WriteLimits } from './write-limits.ts';

export interface FailuresOptions {
  readonly handlers: ErrorHandlers;
  readonly deadLetterTopic: string | undefined;
  readonly limits: WriteLimits;
  readonly nowMs: () => number;
}

/** Asks the handlers of an application what becomes of a failure. */
export class Failures {
  readonly #options: FailuresOptions;
  /** What a production handler has answered for an error that goes up through its record's turn. */
  #decided: { readonly error: unknown; readonly answer: ErrorAnswer } | undefined;

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  /** Whether there is anybody who may answer otherwise than `fail`. */
  get handled(): boolean {
    const { deserialization, processing, production } = this.#options.handlers;
    return Boolean(deserialization ?? processing ?? production);
  }

  reading(failure: Failure): ErrorAnswer {
    return this.#options.handlers.deserialization?.(failure) ?? 'fail';
  }

  producing(failure: Failure): ErrorAnswer {
    const answer = this.#options.handlers.production?.(failure) ?? 'fail';
    this.#decided = { error: failure.error, answer };
    return answer;
  }

  /** An error that a production handler has seen is not asked about again. */
  processing(failure: Failure): ErrorAnswer {
    const decided = this.#decided;
    this.#decided = undefined;
    if (decided && decided.error === failure.error) return decided.answer;
    return this.#options.handlers.processing?.(failure) ?? 'fail';
  }

  /** One that its topic takes: what it would refuse is left out. Throws DEAD_LETTER_TOPIC_MISSING. */
  letter(failure: Failure): ProducedRecord {
    const { deadLetterTopic, limits, nowMs } = this.#options;
    if (deadLetterTopic === undefined) {
      throw new StreamsError(
        'DEAD_LETTER_TOPIC_MISSING',
        'fail',
        `an error handler answered "dead-letter" for ${failure.node}, but deadLetterTopic is not set: name a topic, or answer ` +
          '"continue" or "fail"',
        { cause: failure.error },
      );
    }
    let letter = deadLetter(deadLetterTopic, failure, nowMs());
    for (const lessen of [withoutBody, alone])
      if (limits.problem(letter)?.code === 'RECORD_TOO_LARGE') letter = lessen(letter);
    return limits.problem(letter)?.code === 'RECORD_TIME_REFUSED'
      ? { ...letter, timestamp: nowMs() }
      : letter;
  }
}
