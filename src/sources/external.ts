import type { Headers, RecordContext } from '../topology/record.ts';
import type { Arrival, ImageIdentity, Unusable } from './arrival.ts';
import { customerProblem, UNKNOWN_CUSTOMER } from './customer-id.ts';
import { imageIdOfName, imageIdOfRecord } from './image-id.ts';
import { bucketProblem, parseReference, REFERENCE_CONTENT_TYPE } from './reference.ts';

/** Reads a record of the external stream (docs/external-stream.md). What it cannot use is a value, never a throw. */
export function fromExternal({ allowedBuckets }: { readonly allowedBuckets: ReadonlySet<string> }) {
  return (original: Buffer | null, _key: unknown, context: RecordContext): Arrival => {
    const customerId = textHeader(context.headers, 'customer-id');
    const name = textHeader(context.headers, 'image-id');
    const createdAtMs = parseTime(textHeader(context.headers, 'created-at'));
    const wrongCustomer = customerProblem(customerId);
    const known = wrongCustomer === undefined && customerId !== undefined;
    const identity: ImageIdentity = {
      imageId: known && name !== undefined ? imageIdOfName(customerId, name) : imageIdOfRecord(context),
      customerId: known ? customerId : UNKNOWN_CUSTOMER,
      source: 'stream',
      ...(createdAtMs === undefined ? {} : { createdAtMs }),
      receivedAtMs: context.timestamp,
    };
    const unusable = (problem: Unusable): Arrival => ({ kind: 'unusable', identity, original, problem });

    if (wrongCustomer) return unusable(wrongCustomer);
    if (original === null) {
      return unusable({
        code: 'VALUE_MISSING',
        reason: 'the record has no value: send the image or a reference to it',
      });
    }
    if (mediaType(textHeader(context.headers, 'content-type')) !== REFERENCE_CONTENT_TYPE) {
      return { kind: 'inline', identity, original, bytes: original };
    }
    const reference = parseReference(original);
    if ('code' in reference) return unusable(reference);
    const notAllowed = bucketProblem(reference.bucket, allowedBuckets);
    return notAllowed ? unusable(notAllowed) : { kind: 'reference', identity, original, reference };
  };
}

/** The last header of that name as text (Kafka's rule for doubles); empty and null count as absent. */
function textHeader(headers: Headers, name: string): string | undefined {
  const value = headers.findLast(([header]) => header === name)?.[1];
  return value && value.length > 0 ? value.toString('utf8') : undefined;
}

const mediaType = (contentType: string | undefined) => contentType?.split(';', 1)[0]?.trim().toLowerCase();

/** Milliseconds since the epoch from digits or an ISO 8601 time; what is neither says nothing. */
function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
