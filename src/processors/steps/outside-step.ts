import type { ImageFacts } from '../types.ts';
import type { StepAnswer } from './answer.ts';
import type { RemoteStep, StepLimits } from './step.ts';

/** What a step outside of the worker is given. */
export interface StepRequest {
  readonly image: Buffer;
  /** Of `image`: `image/png`. */
  readonly contentType: string;
  /** Of the image as it came. */
  readonly facts: ImageFacts;
  /** `standard@1`. */
  readonly pipeline: string;
  /** The step's name. */
  readonly step: string;
}

/** An answer, and what it took. */
export interface Answered {
  readonly answer: StepAnswer;
  readonly outputBytes: number;
  readonly memoryBytes?: number;
}

/** How long and how much, with no default left open. */
export type FullLimits = Required<StepLimits>;

/** The clients of steps that run on other machines; made where the service is put together. */
export interface RemoteSteps {
  /** Throws what makes a step impossible before any image comes (StreamsError PLUGIN_SECRET_MISSING). */
  check(step: RemoteStep): void;
  /**
   * One image. Rejects with a Refusal for what the step did or said; with the signal's reason when that fires, which it does
   * at the latest `limits.timeoutMs` after the call. Attempts after failures that may heal are the client's own.
   */
  call(
    step: RemoteStep,
    request: StepRequest,
    limits: FullLimits,
    signal: AbortSignal,
  ): Promise<Omit<Answered, 'memoryBytes'>>;
}

/** A step's own time is over. */
export class StepTimeout extends Error {
  constructor(step: string, timeoutMs: number) {
    super(`the step ${step} took more than ${timeoutMs} ms`);
    this.name = 'StepTimeout';
  }
}

const name = (fact: string, separator: string) =>
  fact.replace(/[A-Z0-9]+/g, (part, at: number) => (at > 0 && /[A-Z]/.test(part) ? separator + part : part));

/**
 * The facts that are one word, number or yes/no, as `[NAME, value]`: `hasAlpha` becomes `HAS_ALPHA` or `has-alpha`. Values are
 * printable ASCII, others percent-encoded: some come from strangers' metadata.
 */
export function plainFacts(facts: ImageFacts, separator: '_' | '-'): [string, string][] {
  return Object.entries(facts).flatMap(([fact, value]: [string, unknown]) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
    const named = name(fact, separator);
    const told = String(value)
      .replace(/\p{Surrogate}/gu, '\ufffd')
      .replace(/[^\x20-\x7e]|%/gu, encodeURIComponent);
    return [[separator === '_' ? named.toUpperCase() : named.toLowerCase(), told]];
  });
}
