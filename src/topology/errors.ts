/** What the runtime does about an error; decided where the error is made. */
export type Disposition = 'retry' | 'dead-letter' | 'fail';

/** An error with a stable code (docs/errors.md) and what is to be done about it. */
export class StreamsError extends Error {
  readonly code: string;
  readonly disposition: Disposition;

  constructor(code: string, disposition: Disposition, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamsError';
    this.code = code;
    this.disposition = disposition;
  }
}

/** Every mistake of a topology that can be seen without running it, in one error. */
export class TopologyError extends StreamsError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'TOPOLOGY_INVALID',
      'fail',
      `the topology has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'TopologyError';
    this.problems = problems;
  }
}

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);
const OUT_OF_DATE = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** Why a TLS connection did not come about; waiting heals none of them. */
export type TlsProblem =
  | 'untrusted'
  | 'out-of-date'
  | 'other-name'
  | 'no-tls'
  | 'certificate-refused'
  | 'other';

/** What kind of TLS failure an error means, by its own code or that of an error in it; undefined where it is none. */
export function tlsProblemOf(error: unknown): TlsProblem | undefined {
  for (const one of errorsIn(error)) {
    const code: unknown = Reflect.get(one, 'code');
    if (typeof code !== 'string') continue;
    if (UNTRUSTED.has(code)) return 'untrusted';
    if (OUT_OF_DATE.has(code)) return 'out-of-date';
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'other-name';
    if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) return 'no-tls';
    if (/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERT)/.test(code))
      return 'certificate-refused';
    if (/^(ERR_SSL_|ERR_TLS_|CERT_|EPROTO$)/.test(code)) return 'other';
  }
  return undefined;
}

/** An error and all that lie in it: causes, and what several attempts have met. */
export function* errorsIn(error: unknown): Generator<Error> {
  const seen = new Set<Error>();
  const open: unknown[] = [error];
  while (open.length > 0) {
    const one = open.shift();
    if (!(one instanceof Error) || seen.has(one)) continue;
    seen.add(one);
    yield one;
    const errors: unknown = Reflect.get(one, 'errors');
    open.push(Reflect.get(one, 'originalError'), one.cause, ...(Array.isArray(errors) ? errors : []));
  }
}
