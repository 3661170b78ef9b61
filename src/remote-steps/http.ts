import type { IncomingMessage } from 'node:http';
import {
  answerTooLarge,
  parseAnswer,
  readAnswer,
  type StepAnswer,
  stepFailed,
  UNCHANGED,
} from '../processors/steps/answer.ts';
import { type FullLimits, plainFacts, type StepRequest } from '../processors/steps/outside-step.ts';
import { type HttpStep, isOwnHeader } from '../processors/steps/step.ts';
import { post } from './post.ts';
import { MayHeal, retried } from './retried.ts';
import { type Environment, maskOf, secretsOf } from './secrets.ts';

/** Codes of Node for requests that it does not even make; no attempt heals them. */
const NEVER_SENT = /^ERR_(INVALID|UNESCAPED)_/;
const MAX_RETRY_AFTER_MS = 60_000;
/** Of an answer that is told as it is. */
const TOLD_CHARACTERS = 1_000;
/** What is masked before it is cut: more than 1,000 characters are left of it, be it nothing but the largest of headers. */
const MASKED_BYTES = 16 * 1024 * 1024;

/** One image to one endpoint, tried again while that may help and the step has time. */
export async function callHttp(
  step: HttpStep,
  request: StepRequest,
  limits: FullLimits,
  signal: AbortSignal,
  env: Environment,
): Promise<{ readonly answer: StepAnswer; readonly outputBytes: number }> {
  const secrets = secretsOf(step, env);
  const headers = {
    ...ofStep(step.headers),
    ...ofStep(Object.fromEntries(secrets)),
    ...Object.fromEntries(
      plainFacts(request.facts, '-').map(([name, value]) => [`x-darkroom-${name}`, value]),
    ),
    'x-darkroom-pipeline': request.pipeline,
    'x-darkroom-step': request.step,
    'content-type': request.contentType,
  };
  /** An endpoint may say what it was sent. */
  const masked = maskOf(secrets.values());

  const attempt = async () => {
    const response = await ask(step, headers, request, signal);
    const status = response.statusCode ?? 0;
    if (status === 429 || status >= 500) {
      response.destroy();
      throw new MayHeal(`it answered ${status}`, retryAfterMs(response.headers['retry-after']));
    }
    // An upgrade has no body that ends.
    if (status < 200) throw stepFailed(request.step, `it answered ${status}`);
    const bytes = await readBody(response, request.step, limits.maxOutputBytes, signal);
    if (status === 204) return { answer: UNCHANGED, outputBytes: 0 };
    if (status === 200)
      return { answer: parseAnswer(request.step, bytes, masked), outputBytes: bytes.length };
    if (status === 422) return { answer: rejected(request.step, bytes, masked), outputBytes: bytes.length };
    const text = masked(bytes.toString('utf8', 0, MASKED_BYTES)).slice(0, TOLD_CHARACTERS);
    const [line = ''] = text.trim().split('\n', 1);
    throw stepFailed(request.step, `it answered ${status}${line ? `: ${line}` : ''}`);
  };
  return retried(request.step, limits.timeoutMs, signal, attempt);
}

/** A step's own headers, in lower case: a name in two cases would be two. Those that are Darkroom's are left out. */
function ofStep(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !isOwnHeader(name));
  return Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value]));
}

/** The head of an answer. Throws MayHeal, or a Refusal where what is to be sent is what is wrong. */
async function ask(
  { url }: HttpStep,
  headers: Readonly<Record<string, string>>,
  { image, step }: StepRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await post(url, headers, image, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = connectionError(error);
    if (NEVER_SENT.test(why)) throw stepFailed(step, `its address or a header cannot be sent (${why})`);
    throw new MayHeal(`it cannot be reached (${why})`);
  }
}

/** 422: `{ code?, reason }`, or the document of every step. Throws a Refusal in any case. */
function rejected(step: string, bytes: Buffer, masked: (text: string) => string): StepAnswer {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw stepFailed(step, 'it answered 422 without a JSON document { code, reason }');
  }
  const nested = typeof document === 'object' && document !== null && 'reject' in document;
  return readAnswer(step, nested ? document : { reject: document }, masked);
}

/** Reads no more than is allowed, whatever length was announced. */
async function readBody(
  response: IncomingMessage,
  step: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response) {
      length += part.length;
      if (length > maxBytes) throw answerTooLarge(step, maxBytes);
      parts.push(part);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (length > maxBytes) throw error;
    throw new MayHeal(`its answer broke off (${connectionError(error)})`);
  }
  return Buffer.concat(parts);
}

function retryAfterMs(header = ''): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1000)) : 0;
}

/** The code of an error; never its message, which may hold what was sent. */
function connectionError(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'the connection was lost';
}
