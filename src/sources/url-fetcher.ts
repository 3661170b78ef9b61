import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressProblem, parseNetwork } from './address-rules.ts';
import type { Unusable, UrlReference } from './arrival.ts';
import { PinnedRequests } from './url-request.ts';
import { shownUrl, type UrlRules, urlProblem } from './url-rules.ts';
import { AttemptTime, OutOfTime } from './url-time.ts';

/** The image, or why there is none: `rejected`, the next attempt would end the same; `failed`, it may go well. */
export type UrlFetched =
  | { readonly found: 'image'; readonly body: Buffer }
  | { readonly found: 'none'; readonly outcome: 'rejected' | 'failed'; readonly problem: Unusable };

/** Reads images that lie on the web. */
export interface UrlFetcher {
  /** Rejects only when `signal` fires. */
  get(
    reference: UrlReference,
    options: {
      /** A larger image is refused, before it is read where its size is told. */
      readonly maxBytes: number;
      /** Called with the most bytes that will be held, before any of the body is read. */
      readonly reserve: (bytes: number) => Promise<void>;
      readonly signal?: AbortSignal;
    },
  ): Promise<UrlFetched>;
}

export interface UrlFetcherSettings extends UrlRules {
  /** Networks in CIDR notation that may be asked though they are not public. */
  readonly allowPrivate: readonly string[];
  /** One attempt, redirects and body in it, ms. */
  readonly timeoutMs: number;
  /** PEM of the authorities that may have signed certificates; absent: those that Node knows. */
  readonly ca?: string;
  /** All addresses of a host; absent: as the machine resolves names. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Longest pause before another attempt; 5 s by default. */
  readonly maxRetryDelayMs?: number;
}

const MAX_REDIRECTS = 5;
const ATTEMPTS = 3;
const BASE_DELAY_MS = 250;
const MAX_RETRY_AFTER_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const TRANSIENT_4XX: ReadonlySet<number> = new Set([408, 425, 429]);

type Options = Parameters<UrlFetcher['get']>[1];

/** What may heal by waiting. */
interface Transient {
  readonly found: 'later';
  readonly problem: Unusable;
  readonly retryAfterMs?: number;
}

/**
 * Reads images from hosts in the allow-list. Each address that a name has is judged, the connection goes to what was judged
 * and every redirect begins anew. Whatever may heal is tried 3 times, with exponential backoff and full jitter.
 */
export function createUrlFetcher(settings: UrlFetcherSettings): UrlFetcher {
  const { timeoutMs, maxRetryDelayMs = 5_000, resolve = resolveByMachine } = settings;
  const requests = new PinnedRequests(settings.ca);
  const allowed = settings.allowPrivate.map(parseNetwork).filter((network) => network !== undefined);

  /** The answer that is no redirect, or why nobody is asked. */
  const follow = async (start: URL, time: AttemptTime): Promise<Answered | Unusable> => {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const notAllowed = urlProblem(url, settings);
      if (notAllowed) return notAllowed;
      PinnedRequests.beginConnecting(time);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const family = isIP(host);
      const addresses = family ? [{ address: host, family }] : await time.within(resolve(host));
      const refused = addresses.map(({ address }) => addressProblem(address, allowed)).find(Boolean);
      if (refused) return addressRefused(url, refused);
      const response = await requests.get(url, addresses, time);
      const { location } = response.headers;
      if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return { url, response };
      response.destroy();
      const next = URL.parse(utf8Of(location), url.href);
      if (!next) return refusal(url, `redirects to what is no URL`);
      if (url.protocol === 'https:' && next.protocol === 'http:')
        return refusal(url, 'redirects from https to http');
      url = next;
    }
    return {
      code: 'URL_TOO_MANY_REDIRECTS',
      reason: `${shownUrl(start)} redirects more than ${MAX_REDIRECTS} times`,
    };
  };

  const attempt = async (reference: UrlReference, options: Options): Promise<UrlFetched | Transient> => {
    const url = new URL(reference.url);
    const time = new AttemptTime(timeoutMs, options.signal);
    try {
      const answered = await follow(url, time);
      if ('code' in answered) return rejected(answered);
      const refused = refusalOf(answered);
      if (refused) {
        answered.response.destroy();
        return refused;
      }
      return await readBody(answered, reference, options, time);
    } catch (error) {
      options.signal?.throwIfAborted();
      const cause: unknown = time.signal.aborted ? time.signal.reason : error;
      if (cause instanceof OutOfTime) {
        return {
          found: 'later',
          problem: { code: 'URL_TIMEOUT', reason: `${shownUrl(url)}: ${cause.message}` },
        };
      }
      return { found: 'later', problem: failure(url, `cannot be fetched (${wordOf(cause)})`) };
    } finally {
      time.pause();
    }
  };

  return {
    get: async (reference, options) => {
      for (let tries = 1; ; tries++) {
        const fetched = await attempt(reference, options);
        if (fetched.found !== 'later') return fetched;
        if (tries === ATTEMPTS) return { found: 'none', outcome: 'failed', problem: fetched.problem };
        const longest = Math.min(maxRetryDelayMs, BASE_DELAY_MS * 2 ** tries);
        const pauseMs = Math.max(Math.random() * longest, fetched.retryAfterMs ?? 0);
        await sleep(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
      }
    },
  };
}

const resolveByMachine = (host: string): Promise<readonly LookupAddress[]> =>
  lookup(host, { all: true, order: 'verbatim' });

/** Node reads headers as Latin-1; what is sent unescaped in them is UTF-8. */
const utf8Of = (header: string): string => Buffer.from(header, 'latin1').toString('utf8');

interface Answered {
  readonly url: URL;
  readonly response: IncomingMessage;
}

/** Undefined when the answer may be an image. */
function refusalOf({ url, response }: Answered): UrlFetched | Transient | undefined {
  const { statusCode: status = 0, headers } = response;
  if (status === 404 || status === 410) {
    return rejected({ code: 'URL_NOT_FOUND', reason: `${shownUrl(url)} does not exist (status ${status})` });
  }
  if (status >= 500 || TRANSIENT_4XX.has(status)) {
    const seconds = /^\d{1,5}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : 0;
    const retryAfterMs = Math.min(seconds * 1000, MAX_RETRY_AFTER_MS);
    return { found: 'later', problem: failure(url, `answers with status ${status}`), retryAfterMs };
  }
  if (status !== 200) return rejected(refusal(url, `answers with status ${status}; an image comes with 200`));
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return undefined;
  return rejected(refusal(url, 'answers with a content-encoding; images are taken as they are'));
}

/** Reads what was made room for, and never more. */
async function readBody(
  { url, response }: Answered,
  { sizeBytes }: UrlReference,
  { maxBytes, reserve }: Options,
  time: AttemptTime,
): Promise<UrlFetched> {
  const length = response.headers['content-length'];
  const toldBytes = length === undefined ? undefined : Number(length);
  const bytes = toldBytes ?? sizeBytes;
  const problem = toldBytes === undefined ? undefined : sizeProblem(url, toldBytes, sizeBytes, maxBytes);
  if (problem) {
    response.destroy();
    return rejected(problem);
  }
  const limitBytes = Math.min(maxBytes, bytes ?? maxBytes);
  await time.within(reserve(limitBytes)); // no clock runs meanwhile: the other side waits for us
  time.begin('whole image');
  const chunks: Buffer[] = [];
  let filled = 0;
  const body: AsyncIterable<Buffer> = response;
  for await (const chunk of body) {
    filled += chunk.length;
    if (filled > limitBytes) {
      response.destroy();
      return rejected(
        limitBytes < maxBytes
          ? sizeDiffers(url, `more than ${limitBytes}`, limitBytes)
          : tooLarge(url, `more than ${maxBytes}`, maxBytes),
      );
    }
    chunks.push(chunk);
  }
  time.signal.throwIfAborted();
  const wrong = sizeProblem(url, filled, sizeBytes, maxBytes);
  return wrong ? rejected(wrong) : { found: 'image', body: Buffer.concat(chunks, filled) };
}

function sizeProblem(
  url: URL,
  bytes: number,
  expected: number | undefined,
  maxBytes: number,
): Unusable | undefined {
  if (bytes > maxBytes) return tooLarge(url, String(bytes), maxBytes);
  return expected === undefined || bytes === expected ? undefined : sizeDiffers(url, String(bytes), expected);
}

const tooLarge = (url: URL, bytes: string, maxBytes: number): Unusable => ({
  code: 'IMAGE_TOO_LARGE',
  reason: `${shownUrl(url)} has ${bytes} bytes; at most ${maxBytes} are allowed: send a smaller one`,
});

const sizeDiffers = (url: URL, bytes: string, expected: number): Unusable => ({
  code: 'OBJECT_SIZE_DIFFERS',
  reason: `${shownUrl(url)} has ${bytes} bytes, ${expected} were expected`,
});

const addressRefused = (url: URL, kind: string): Unusable => ({
  code: 'URL_ADDRESS_REFUSED',
  reason: `${url.host} has an address that may not be asked (${kind})`,
});

const refusal = (url: URL, what: string): Unusable => ({
  code: 'URL_REFUSED',
  reason: `${shownUrl(url)} ${what}`,
});

const failure = (url: URL, what: string): Unusable => ({
  code: 'URL_FAILED',
  reason: `${shownUrl(url)} ${what}`,
});

const rejected = (problem: Unusable): UrlFetched => ({ found: 'none', outcome: 'rejected', problem });

/** Node's code alone: messages repeat addresses, and what the other side sent. */
function wordOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
}
