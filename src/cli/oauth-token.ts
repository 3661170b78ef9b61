import { readFile } from 'node:fs/promises';
import { isRecord } from '../serdes/json.ts';
import { requestText } from '../serdes/request.ts';
import { StreamsError, tlsProblemOf } from '../topology/errors.ts';
import { keptToken } from './kept-token.ts';

export interface ClientTokenOptions {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  /** PEM */
  readonly ca?: string;
}

const TIMEOUT_MS = 10_000;
/** Where the answer does not say how long its token is good. */
const DEFAULT_LIFE_S = 300;

/** KafkaJS goes on with an error of this mark after a while: who gives the tokens may be away for a minute. */
class TokenUnavailable extends StreamsError {
  readonly retriable = true;
}

/**
 * Tokens of an OAuth server for a client (RFC 6749, section 4.4). Throws KAFKA_AUTHENTICATION: `fail` where the server refuses the
 * client, `retry` where it does not answer.
 */
export function clientToken(options: ClientTokenOptions): () => Promise<string> {
  return keptToken(async () => {
    const { status, text } = await ask(options);
    const answer = parse(text);
    const { access_token: value, expires_in: lifeS } = answer;
    if (status >= 500 || status === 429) throw unavailable(options.url, `status ${status}`);
    if (status !== 200 || typeof value !== 'string') throw refused(options.url, status, answer);
    const lifeMs = (typeof lifeS === 'number' ? lifeS : DEFAULT_LIFE_S) * 1000;
    return { value, expiresAtMs: Date.now() + lifeMs };
  });
}

async function ask({ url, clientId, clientSecret, scope, ca }: ClientTokenOptions) {
  const basic = [clientId, clientSecret].map(encodeURIComponent).join(':');
  try {
    return await requestText(url, {
      method: 'POST',
      timeoutMs: TIMEOUT_MS,
      ...(ca === undefined ? {} : { ca }),
      headers: {
        authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...(scope === undefined ? {} : { scope }),
      }).toString(),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (tlsProblemOf(error) === undefined) throw unavailable(url, why);
    throw new StreamsError(
      'KAFKA_AUTHENTICATION',
      'fail',
      `TLS with ${url} did not come about (${why}). What to do: check KAFKA_OAUTH_TOKEN_URL, and let KAFKA_OAUTH_CA_FILE name the ` +
        'authority that has signed its certificate',
      { cause: error },
    );
  }
}

const unavailable = (url: string, why: string) =>
  new TokenUnavailable(
    'KAFKA_AUTHENTICATION',
    'retry',
    `no token comes from ${url} (${why}). What to do: look at who gives the tokens, and check KAFKA_OAUTH_TOKEN_URL`,
  );

const refused = (
  url: string,
  status: number,
  { error, error_description: words }: Readonly<Record<string, unknown>>,
) =>
  new StreamsError(
    'KAFKA_AUTHENTICATION',
    'fail',
    `${url} gives this client no token (status ${status}${[error, words].map((part) => (typeof part === 'string' ? `, ${part}` : '')).join('')}). ` +
      'What to do: check KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE',
  );

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text);
    return isRecord(answer) ? answer : {};
  } catch {
    return {};
  }
}

/** The token that lies in a file, read at every authentication: whoever put it there renews it. */
export function fileToken(path: string): () => Promise<string> {
  return async () => {
    const token = await readFile(path, 'utf8').catch((error: Error) => error);
    const value = typeof token === 'string' ? token.trim() : '';
    if (value !== '') return value;
    const why = typeof token === 'string' ? 'it is empty' : token.message;
    throw new TokenUnavailable(
      'KAFKA_AUTHENTICATION',
      'retry',
      `there is no token in ${path} (${why}). What to do: correct KAFKA_OAUTH_TOKEN_FILE, or look at who renews that file`,
    );
  };
}
