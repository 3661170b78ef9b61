import type { OwnLimits, Refused } from '../processors/types.ts';
import type { Arrival, ObjectReference, SenderWishes, Unusable, UrlReference } from '../sources/arrival.ts';
import { parseFocalPoint } from '../sources/focal-point.ts';
import type { UrlFetched } from '../sources/url-fetcher.ts';
import { StreamsError } from '../topology/errors.ts';
import type { AsyncContext } from '../topology/index.ts';
import type { DevelopDeps } from './deps.ts';
import type { FetchedImage, RefusedImage } from './images.ts';
import { orProblem } from './or-problem.ts';
import { type ArrivalWithPolicy, policyOf } from './policies.ts';

type FetchDeps = Pick<DevelopDeps, 'fetcher' | 'urls' | 'maxImageBytes' | 'codec' | 'pipelines'>;

/**
 * Reads the policy of an arrival's customer, and gets the bytes of an image that is referred to, after making room for
 * them; other arrivals pass.
 */
export function fetchImage(deps: FetchDeps) {
  return async (
    { arrival, policyBytes }: ArrivalWithPolicy,
    _key: unknown,
    context: AsyncContext,
  ): Promise<FetchedImage | RefusedImage> => {
    const { identity, original } = arrival;
    const refused = (problem: Unusable, outcome: Refused['outcome'] = 'rejected'): RefusedImage => {
      const why = { outcome, code: problem.code, reason: problem.reason, facts: {}, durationMs: 0 };
      return { kind: 'refused', identity, original, refused: why };
    };
    if (arrival.kind === 'unusable') return refused(arrival.problem);
    const policy = await policyOf(policyBytes, deps.codec);
    if ('code' in policy) return refused(policy, 'failed');
    const got = await bytesOf(arrival, deps, policy.limits, context);
    if (got.found === 'none') return refused(got.problem, got.outcome);
    const told = wishesIn(got.metadata ?? {});
    if ('code' in told) return refused(told);
    const wishes = { ...told, ...arrival.wishes, ...policy.wishes };
    if (wishes.pipeline !== undefined && !deps.pipelines.has(wishes.pipeline)) {
      // what the policy asks is ours to put right, what the image asks is its sender's
      return refused(
        noPipeline(wishes.pipeline, deps.pipelines),
        policy.wishes.pipeline === undefined ? 'rejected' : 'failed',
      );
    }
    return { kind: 'fetched', identity, original, bytes: got.body, ...policy, wishes };
  };
}

/** The bytes of an image and what its object says of it, or why there are none. */
type Got =
  | {
      readonly found: 'image';
      readonly body: Buffer;
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | Extract<UrlFetched, { found: 'none' }>;

async function bytesOf(
  arrival: Exclude<Arrival, { kind: 'unusable' }>,
  deps: FetchDeps,
  { maxBytes = deps.maxImageBytes }: OwnLimits,
  context: AsyncContext,
): Promise<Got> {
  const allowedBytes = Math.min(maxBytes, deps.maxImageBytes);
  switch (arrival.kind) {
    case 'inline':
      return { found: 'image', body: arrival.bytes };
    case 'url':
      return fromWeb(arrival.reference, deps, allowedBytes, context);
    case 'reference': {
      const { reference } = arrival;
      const got = await orProblem(() => fetchReferred(reference, deps, allowedBytes, context));
      // A store that refuses one object may be told to allow it; the image itself is not to blame.
      if ('problem' in got) return { found: 'none', outcome: 'failed', problem: got.problem };
      return 'code' in got ? { found: 'none', outcome: 'rejected', problem: got } : got;
    }
    default:
      return arrival satisfies never;
  }
}

async function fromWeb(
  reference: UrlReference,
  { urls }: FetchDeps,
  maxBytes: number,
  { signal, reserve }: AsyncContext,
): Promise<UrlFetched> {
  if (urls) return urls.get(reference, { maxBytes, reserve: (bytes) => reserve(bytes), signal });
  const reason =
    'the reference is a URL, and the service is not configured to ask any host: send the image itself';
  return { found: 'none', outcome: 'rejected', problem: { code: 'URL_NOT_ALLOWED', reason } };
}

/** What an object's own metadata ask for its image; over HTTP `x-amz-meta-focal-point` and `x-amz-meta-pipeline`. */
function wishesIn(metadata: Readonly<Record<string, string>>): SenderWishes | Unusable {
  const { 'focal-point': focalText, pipeline } = metadata;
  const focalPoint = focalText ? parseFocalPoint(focalText) : undefined;
  if (focalPoint && 'code' in focalPoint) return focalPoint;
  return { ...(focalPoint && { focalPoint }), ...(pipeline && { pipeline }) };
}

const noPipeline = (asked: string, known: ReadonlySet<string>): Unusable => ({
  code: 'PIPELINE_UNKNOWN',
  reason:
    `there is no pipeline ${JSON.stringify(asked.slice(0, 64))}; known are ${[...known].join(', ')}. Name one of them, or add ` +
    'it to the configuration file',
});

async function fetchReferred(
  reference: ObjectReference,
  { fetcher }: FetchDeps,
  allowedBytes: number,
  { signal, reserve }: AsyncContext,
): Promise<Extract<Got, { found: 'image' }> | Unusable> {
  const place = `the object ${JSON.stringify(reference.key)} in bucket ${reference.bucket}`;
  const missing = {
    code: 'OBJECT_MISSING',
    reason: `${place} does not exist${reference.versionId === undefined ? '' : ' in that version'}`,
  };
  const sized = await withSize(reference, fetcher, signal);
  if (sized === undefined) return missing;
  if (sized.sizeBytes > allowedBytes) {
    const reason = `${place} has ${sized.sizeBytes} bytes; at most ${allowedBytes} are allowed: send a smaller one`;
    return { code: 'IMAGE_TOO_LARGE', reason };
  }
  await reserve(sized.sizeBytes);
  const fetched = await fetcher.get(sized, { expectedBytes: sized.sizeBytes, signal });
  switch (fetched.found) {
    case 'object':
      return { ...fetched, found: 'image' };
    case 'nothing':
      return missing;
    case 'size-differs': {
      const reason = `${place} has ${fetched.bytes} bytes, ${sized.sizeBytes} were expected`;
      // The store itself named the size: the object was overwritten between the two requests.
      if (reference.sizeBytes === undefined) throw new StreamsError('OBJECT_CHANGED', 'retry', reason);
      return { code: 'OBJECT_SIZE_DIFFERS', reason };
    }
    default:
      return fetched satisfies never;
  }
}

/** The reference with its size, asked of the store where the record does not say it; undefined when there is no object. */
async function withSize(
  reference: ObjectReference,
  fetcher: DevelopDeps['fetcher'],
  signal: AbortSignal,
): Promise<(ObjectReference & { readonly sizeBytes: number }) | undefined> {
  const { sizeBytes } = reference;
  if (sizeBytes !== undefined) return { ...reference, sizeBytes };
  const head = await fetcher.head(reference, { signal });
  if (head === undefined) return undefined;
  const { bytes, versionId } = head;
  return { ...(versionId === undefined ? {} : { versionId }), ...reference, sizeBytes: bytes };
}
