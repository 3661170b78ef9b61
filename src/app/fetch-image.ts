import type { OwnLimits, Refused } from '../processors/types.ts';
import type { ObjectReference, Unusable } from '../sources/arrival.ts';
import { StreamsError } from '../topology/errors.ts';
import type { AsyncContext } from '../topology/index.ts';
import type { DevelopDeps } from './deps.ts';
import type { FetchedImage, RefusedImage } from './images.ts';
import { orProblem } from './or-problem.ts';
import { type ArrivalWithPolicy, policyOf } from './policies.ts';

type FetchDeps = Pick<DevelopDeps, 'fetcher' | 'maxImageBytes' | 'codec'>;

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
      const why = { outcome, ...problem, facts: {}, durationMs: 0 };
      return { kind: 'refused', identity, original, refused: why };
    };
    const policy = await policyOf(policyBytes, deps.codec);
    if ('code' in policy) return refused(policy, 'failed');
    const fetched = (bytes: Buffer): FetchedImage => ({
      kind: 'fetched',
      identity,
      original,
      bytes,
      ...policy,
    });
    switch (arrival.kind) {
      case 'inline':
        return fetched(arrival.bytes);
      case 'unusable':
        return refused(arrival.problem);
      case 'reference': {
        const bytes = await orProblem(() => fetchReferred(arrival.reference, deps, policy.limits, context));
        if (Buffer.isBuffer(bytes)) return fetched(bytes);
        // A store that refuses one object may be told to allow it; the image itself is not to blame.
        return 'problem' in bytes ? refused(bytes.problem, 'failed') : refused(bytes);
      }
      default:
        return arrival satisfies never;
    }
  };
}

async function fetchReferred(
  reference: ObjectReference,
  { fetcher, maxImageBytes }: FetchDeps,
  { maxBytes = maxImageBytes }: OwnLimits,
  { signal, reserve }: AsyncContext,
): Promise<Buffer | Unusable> {
  const place = `the object ${JSON.stringify(reference.key)} in bucket ${reference.bucket}`;
  const missing = {
    code: 'OBJECT_MISSING',
    reason: `${place} does not exist${reference.versionId === undefined ? '' : ' in that version'}`,
  };
  const sized = await withSize(reference, fetcher, signal);
  if (sized === undefined) return missing;
  const allowedBytes = Math.min(maxBytes, maxImageBytes);
  if (sized.sizeBytes > allowedBytes) {
    const reason = `${place} has ${sized.sizeBytes} bytes; at most ${allowedBytes} are allowed: send a smaller one`;
    return { code: 'IMAGE_TOO_LARGE', reason };
  }
  await reserve(sized.sizeBytes);
  const fetched = await fetcher.get(sized, { expectedBytes: sized.sizeBytes, signal });
  switch (fetched.found) {
    case 'object':
      return fetched.body;
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
