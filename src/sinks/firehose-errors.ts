import { StreamsError } from '../topology/errors.ts';
import { statusOf, textOf } from './sdk-error.ts';

/** The place or the key to it is wrong: a configuration that was never right, or an operator's change. */
const ACCESS: Readonly<Record<string, readonly [code: string, whatToDo: string]>> = {
  AccessDeniedException: [
    'FIREHOSE_ACCESS_DENIED',
    'grant firehose:PutRecordBatch and firehose:DescribeDeliveryStream on it',
  ],
  InvalidKMSResourceException: [
    'FIREHOSE_ACCESS_DENIED',
    'let Firehose use the key that encrypts the stream',
  ],
  UnrecognizedClientException: [
    'FIREHOSE_CREDENTIALS_REFUSED',
    'give an access key that exists and is active',
  ],
  InvalidClientTokenId: ['FIREHOSE_CREDENTIALS_REFUSED', 'give an access key that exists and is active'],
  InvalidSignatureException: [
    'FIREHOSE_CREDENTIALS_REFUSED',
    'give the secret that belongs to the access key',
  ],
  ExpiredTokenException: ['FIREHOSE_CREDENTIALS_REFUSED', 'give fresh temporary credentials'],
  MissingAuthenticationTokenException: ['FIREHOSE_CREDENTIALS_REFUSED', 'give an access key with its secret'],
  CredentialsProviderError: [
    'FIREHOSE_CREDENTIALS_MISSING',
    'give an access key, or run where a role gives one',
  ],
};
/** Never heals by waiting. */
const WRONG: Readonly<Record<string, readonly [code: string, whatToDo: string]>> = {
  ResourceNotFoundException: [
    'FIREHOSE_STREAM_MISSING',
    'create the stream in this region, or correct FIREHOSE_STREAM or AWS_REGION',
  ],
  InvalidArgumentException: ['FIREHOSE_REQUEST_REFUSED', 'check that the stream takes direct PUT'],
  InvalidSourceException: ['FIREHOSE_REQUEST_REFUSED', 'the stream must take direct PUT'],
};
/** Of the 4xx, what means "later". */
const THROTTLING = new Set([
  'LimitExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
]);

/**
 * What an error of the SDK means: `retry` for network, 5xx and throttling; `fail` for what waiting cannot heal. Wrong
 * credentials and rights are an operator's change once Firehose has taken something (`provenRight`), and waited out.
 * Only names, status and network code are repeated: a message may quote the request.
 */
export function firehoseError(error: unknown, stream: string, provenRight: boolean): StreamsError {
  const name = textOf(error, 'name') ?? 'UnknownError';
  const status = statusOf(error);
  const access = ACCESS[name];
  if (access) return refused(access, provenRight ? 'retry' : 'fail', stream, name);
  const wrong = WRONG[name];
  if (wrong) return refused(wrong, 'fail', stream, name);
  if (status === undefined || status >= 500 || status === 429 || status === 408 || THROTTLING.has(name)) {
    const reason = [name, textOf(error, 'code'), status].filter(Boolean).join(' ');
    return unavailable(stream, reason);
  }
  return refused(['FIREHOSE_REQUEST_REFUSED', 'report it'], 'fail', stream, `${name} ${status}`);
}

export function unavailable(stream: string, reason: string): StreamsError {
  return new StreamsError(
    'FIREHOSE_UNAVAILABLE',
    'retry',
    `Firehose does not take records for ${stream}: ${reason}`,
  );
}

function refused(
  [code, whatToDo]: readonly [string, string],
  disposition: 'retry' | 'fail',
  stream: string,
  reason: string,
): StreamsError {
  return new StreamsError(code, disposition, `Firehose refused stream ${stream}: ${reason}; ${whatToDo}`);
}
