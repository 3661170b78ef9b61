import type { ImageFacts, Refused } from './types.ts';

/** Thrown inside the processors to end an image's way; becomes a `Refused` where the work began. */
export class Refusal extends Error {
  readonly outcome: Refused['outcome'];
  readonly code: string;

  constructor(outcome: Refused['outcome'], code: string, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'Refusal';
    this.outcome = outcome;
    this.code = code;
  }
}

/** The image's own fault: the same bytes will be refused again. */
export function reject(code: string, reason: string, cause?: unknown): Refusal {
  return new Refusal('rejected', code, reason, { cause });
}

/** What is told of a refusal, with what was known of the image by then. */
export function toRefused(refusal: Refusal, facts: Partial<ImageFacts>, durationMs: number): Refused {
  return { outcome: refusal.outcome, code: refusal.code, reason: refusal.message, facts, durationMs };
}

/** The first line of somebody else's message, short enough for a header. */
export function firstLine(error: unknown): string {
  return (wordsOf(error).split('\n', 1)[0] ?? '').slice(0, 200);
}

function wordsOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'what was thrown says nothing'; // an object that is no text, as Object.create(null)
  }
}
