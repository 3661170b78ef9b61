import { identify } from '../guard/identify.ts';
import { firstLine, Refusal, reject } from '../refusal.ts';

/** A picture of its own that a step makes besides, as an encoded image. */
export interface ExtraRendition {
  readonly name: string;
  readonly body: Buffer;
}

/** What a step outside of the worker answers; neither an image nor renditions: the picture stays as it is. */
export interface StepAnswer {
  /** An encoded image that takes the picture's place. */
  readonly image?: Buffer;
  readonly renditions: readonly ExtraRendition[];
}

export const UNCHANGED: StepAnswer = { renditions: [] };

/** What is done with an answer's own words before they are cut and told: a step with secrets masks them. */
type Telling = (text: string) => string;
const asTheyAre: Telling = (text) => text;

const REJECTION_CODE = /^[A-Z][A-Z0-9_]{1,40}$/;
/** Codes that mean failures, which no rejection may look like. */
const RESERVED = new Set([
  'PLUGIN_FAILED',
  'PLUGIN_TIMEOUT',
  'PLUGIN_OUT_OF_MEMORY',
  'PLUGIN_OUTPUT_TOO_LARGE',
  'PLUGIN_INPUT_TOO_LARGE',
  'PLUGIN_UNAVAILABLE',
  'PLUGIN_MISSING',
  'PLUGIN_SECRET_MISSING',
]);

/**
 * A rejection by the will of the company's code: `BLURRED` is told as PLUGIN_BLURRED, none as PLUGIN_REJECTED. A code that is not
 * of that form, or Darkroom's own, stays in the reason: the image is rejected all the same.
 */
export function pluginRejection(reason: unknown, code?: unknown, telling = asTheyAre): Refusal {
  const told = firstLine(telling(String(reason))) || 'the plug-in gave no reason';
  if (code === undefined || code === null) return reject('PLUGIN_REJECTED', told);
  const word = firstLine(telling(String(code)));
  return REJECTION_CODE.test(word) && !RESERVED.has(`PLUGIN_${word}`)
    ? reject(`PLUGIN_${word}`, told)
    : reject('PLUGIN_REJECTED', `${word}: ${told}`);
}

/** A failure of the company's code, which is not the image's fault. The message names the step. */
export function stepFailed(step: string, why: string, code = 'PLUGIN_FAILED', cause?: unknown): Refusal {
  return new Refusal('failed', code, `the plug-in ${step} failed: ${why}`, { cause });
}

/** An answer over the step's limit. */
export function answerTooLarge(step: string, maxOutputBytes: number): Refusal {
  return stepFailed(step, `it answered more than ${maxOutputBytes} bytes`, 'PLUGIN_OUTPUT_TOO_LARGE');
}

/**
 * Reads an answer: nothing, the bytes of an image, or a JSON document `{ image?, renditions?, reject? }` with base64 in it.
 * What it is follows from the bytes alone. Throws a Refusal.
 */
export function parseAnswer(step: string, bytes: Buffer, telling = asTheyAre): StepAnswer {
  if (bytes.length === 0) return UNCHANGED;
  if (identify(bytes) !== 'unknown') return { image: bytes, renditions: [] };
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw stepFailed(step, `its answer of ${bytes.length} bytes is neither an image nor JSON`);
  }
  return readAnswer(step, document, telling);
}

/** The same of a document that has been parsed. Throws a Refusal. */
export function readAnswer(step: string, document: unknown, telling = asTheyAre): StepAnswer {
  if (document === null || document === undefined) return UNCHANGED;
  if (!isRecord(document)) throw stepFailed(step, 'its answer is JSON, and no object');
  const { image, renditions, reject: rejection, ...others } = document;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw stepFailed(
      step,
      `its answer has the field ${firstLine(telling(unknown))}; known are image, renditions, reject`,
    );
  }
  if (isSaid(rejection)) {
    if (!isRecord(rejection)) throw stepFailed(step, 'reject in its answer is no object { code, reason }');
    throw pluginRejection(rejection.reason, rejection.code, telling);
  }
  if (isSaid(renditions) && !isRecord(renditions)) {
    throw stepFailed(step, 'renditions in its answer is no object { name: base64 }');
  }
  const extra = Object.entries(isRecord(renditions) ? renditions : {}).map(([given, body]) => {
    const name = telling(given);
    return { name, body: fromBase64(step, `renditions.${firstLine(name)}`, body) };
  });
  return isSaid(image)
    ? { image: fromBase64(step, 'image', image), renditions: extra }
    : { renditions: extra };
}

function fromBase64(step: string, field: string, value: unknown): Buffer {
  // The decoder of Node skips what it does not know, which would make a broken picture of a data URL.
  if (typeof value !== 'string' || value === '' || /[^A-Za-z0-9+/=\s]/.test(value)) {
    throw stepFailed(step, `${field} in its answer is not base64`);
  }
  return Buffer.from(value, 'base64');
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
