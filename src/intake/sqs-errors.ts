import { statusOf, textOf } from '../sinks/sdk-error.ts';

/** What an answer of SQS says, as far as what is to be done about it differs. */
export type SqsVerdict =
  | { readonly kind: 'transient'; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

const RIGHTS =
  'sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes';
const ACCESS_DENIED = ['SQS_ACCESS_DENIED', `grant ${RIGHTS} on it`] as const;
const UNKNOWN_KEY = ['SQS_CREDENTIALS_REFUSED', 'give an access key that exists and is active'] as const;
const STALE_TOKEN = ['SQS_CREDENTIALS_REFUSED', 'give fresh temporary credentials'] as const;
const REFUSALS: Readonly<Record<string, readonly [code: string, whatToDo: string]>> = {
  QueueDoesNotExist: ['SQS_QUEUE_MISSING', 'create the queue or correct UPLOADS_QUEUE_URL and AWS_REGION'],
  InvalidAddress: ['SQS_QUEUE_MISSING', 'give the URL of the queue, as the console shows it'],
  AccessDenied: ACCESS_DENIED,
  AccessDeniedException: ACCESS_DENIED,
  InvalidClientTokenId: UNKNOWN_KEY,
  UnrecognizedClientException: UNKNOWN_KEY,
  InvalidAccessKeyId: UNKNOWN_KEY,
  SignatureDoesNotMatch: ['SQS_CREDENTIALS_REFUSED', 'give the secret that belongs to the access key'],
  ExpiredToken: STALE_TOKEN,
  ExpiredTokenException: STALE_TOKEN,
  CredentialsProviderError: ['SQS_CREDENTIALS_MISSING', 'give an access key, or run where a role gives one'],
};
const TRANSIENT = new Set(['RequestThrottled', 'ThrottlingException', 'OverLimit', 'KmsThrottled']);
const TRANSIENT_4XX = new Set([408, 425, 429]);

/** Judges an error of the SDK. Only its name, status and network code are repeated: messages may quote a request. */
export function judgeSqs(error: unknown): SqsVerdict {
  const name = textOf(error, 'name') ?? 'UnknownError';
  const known = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
  if (known) return { kind: 'refused', code: known[0], reason: `${name}; ${known[1]}` };
  const status = statusOf(error);
  if (status === undefined || status >= 500 || TRANSIENT_4XX.has(status) || TRANSIENT.has(name)) {
    return { kind: 'transient', reason: [name, textOf(error, 'code'), status].filter(Boolean).join(' ') };
  }
  const code = status === 403 ? ACCESS_DENIED[0] : 'SQS_REQUEST_REFUSED';
  return { kind: 'refused', code, reason: `${name} ${status}` };
}
