import { type Disposition, StreamsError } from '../topology/errors.ts';
import { statusOf, textOf } from './sdk-error.ts';

/** What S3's answer says, as far as what is to be done about it differs. */
export type S3Verdict =
  | { readonly kind: 'transient'; readonly reason: string }
  | { readonly kind: 'missing' | 'exists' }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

const MISSING = new Set(['NoSuchKey', 'NoSuchVersion', 'NotFound', 'MethodNotAllowed']);
/** The place or the key to it is wrong: a configuration that was never right, or an operator's change. */
const CONFIGURATION: Readonly<Record<string, readonly [code: string, whatToDo: string]>> = {
  NoSuchBucket: ['S3_BUCKET_MISSING', 'create the bucket or correct its name'],
  PermanentRedirect: ['S3_WRONG_REGION', 'set AWS_REGION to the region of the bucket'],
  AuthorizationHeaderMalformed: ['S3_WRONG_REGION', 'set AWS_REGION to the region of the bucket'],
  InvalidAccessKeyId: ['S3_CREDENTIALS_REFUSED', 'give an access key that exists and is active'],
  SignatureDoesNotMatch: ['S3_CREDENTIALS_REFUSED', 'give the secret that belongs to the access key'],
  ExpiredToken: ['S3_CREDENTIALS_REFUSED', 'give fresh temporary credentials'],
  RequestTimeTooSkewed: [
    'S3_CREDENTIALS_REFUSED',
    'set the clock of this machine, which S3 does not believe',
  ],
  InvalidToken: ['S3_CREDENTIALS_REFUSED', 'give the session token that belongs to the access key'],
  CredentialsProviderError: ['S3_CREDENTIALS_MISSING', 'give an access key, or run where a role gives one'],
  AccessDenied: ['S3_ACCESS_DENIED', 'grant s3:GetObject, s3:PutObject and s3:ListBucket on it'],
  Forbidden: ['S3_ACCESS_DENIED', 'grant s3:GetObject, s3:PutObject and s3:ListBucket on it'],
};
const TRANSIENT_4XX = new Set([408, 409, 425, 429]);

/** Judges an error of the SDK. Only its name, status and network code are repeated: messages may quote a request. */
export function judge(error: unknown): S3Verdict {
  const name = textOf(error, 'name') ?? 'UnknownError';
  const status = statusOf(error);
  // An address that cannot be written: nothing was sent.
  if (error instanceof URIError) return { kind: 'refused', code: 'S3_REQUEST_REFUSED', reason: name };
  const known = CONFIGURATION[name];
  if (known) return { kind: 'refused', code: known[0], reason: `${name}; ${known[1]}` };
  if (MISSING.has(name)) return { kind: 'missing' };
  if (status === 412) return { kind: 'exists' };
  if (status === undefined || status >= 500 || TRANSIENT_4XX.has(status) || name === 'RequestTimeout') {
    const network = textOf(error, 'code');
    return { kind: 'transient', reason: [name, network, status].filter(Boolean).join(' ') };
  }
  if (status === 403) return { kind: 'refused', code: 'S3_ACCESS_DENIED', reason: `${name} ${status}` };
  if (status === 404) return { kind: 'missing' };
  return { kind: 'refused', code: 'S3_REQUEST_REFUSED', reason: `${name} ${status}` };
}

const NEEDS_BODY = new Set([301, 400, 403, 405]);

/** Whether an answer to HEAD leaves open what its error means: wrong credentials, no permission, another region. */
export const needsBody = (error: unknown): boolean => NEEDS_BODY.has(statusOf(error) ?? 0);

/** The error a user meets; the SDK's own stays out of it, since it carries the signed request. */
export function s3Error(code: string, disposition: Disposition, place: string, reason: string): StreamsError {
  return new StreamsError(code, disposition, `S3 refused ${place}: ${reason}`);
}
