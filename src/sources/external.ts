import type { ImageCodec } from '../serdes/codec.ts';
import type { RecordContext } from '../topology/record.ts';
import type { Arrival, ImageIdentity, SenderWishes, Unusable } from './arrival.ts';
import { customerProblem, UNKNOWN_CUSTOMER } from './customer-id.ts';
import { type ExternalValue, formOf, readValue, type StreamForm } from './external-value.ts';
import { imageIdOfName, imageIdOfRecord, imageNameProblem } from './image-id.ts';
import { bucketProblem } from './reference.ts';
import { merged, present, type Told, textHeader, toldByHeaders } from './told.ts';

export interface ExternalDeps {
  readonly codec: Pick<ImageCodec, 'decodeExternal'>;
  readonly allowedBuckets: ReadonlySet<string>;
  /** The form of records whose content type does not say it. */
  readonly streamForm: StreamForm;
}

/** Makes room for bytes that are held beyond the record's. */
interface Roomy {
  reserve(bytes: number): Promise<void>;
}

/**
 * Reads a record of the external stream (docs/external-stream.md). What it cannot use is a value; it rejects only while the
 * registry is away (`retry`).
 */
export function fromExternal({ codec, allowedBuckets, streamForm }: ExternalDeps) {
  return async (original: Buffer | null, _key: unknown, context: RecordContext & Roomy): Promise<Arrival> => {
    const headers = toldByHeaders(context.headers);
    const form = formOf(textHeader(context.headers, 'content-type'), streamForm);
    const value: ExternalValue | Unusable =
      original === null ? VALUE_MISSING : await readValue(form, original, { codec, ...roomOf(context) });
    const { told, problem: conflict } = merged(headers.told, 'code' in value ? {} : value.told);
    const identity = identityOf(told, context);
    const unusable = (problem: Unusable): Arrival => ({ kind: 'unusable', identity, original, problem });
    const wrongCustomer = customerProblem(told.customerId);

    if ('code' in value) {
      // a customer that no header names may stand in what cannot be read
      return unusable(told.customerId === undefined ? value : (wrongCustomer ?? value));
    }
    const problem = conflict ?? wrongCustomer ?? imageNameProblem(told.imageId) ?? headers.problem;
    if (problem) return unusable(problem);
    const wishes = wishesOf(told);
    const { image } = value;
    if (Buffer.isBuffer(image)) return { kind: 'inline', identity, original, wishes, bytes: image };
    if ('url' in image) return { kind: 'url', identity, original, wishes, reference: image };
    const notAllowed = bucketProblem(image.bucket, allowedBuckets);
    return notAllowed
      ? unusable(notAllowed)
      : { kind: 'reference', identity, original, wishes, reference: image };
  };
}

function identityOf({ customerId, imageId, createdAtMs }: Told, context: RecordContext): ImageIdentity {
  const known = customerId !== undefined && customerProblem(customerId) === undefined;
  const named = known && imageId !== undefined && imageNameProblem(imageId) === undefined;
  return {
    imageId: named ? imageIdOfName(customerId, imageId) : imageIdOfRecord(context),
    customerId: known ? customerId : UNKNOWN_CUSTOMER,
    source: 'stream',
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    receivedAtMs: context.timestamp,
  };
}

const wishesOf = ({ focalPoint, pipeline }: Told): SenderWishes => present({ focalPoint, pipeline });
const roomOf = (context: Roomy): Roomy => ({ reserve: (bytes) => context.reserve(bytes) });

const VALUE_MISSING: Unusable = {
  code: 'VALUE_MISSING',
  reason: 'the record has no value: send the image or a reference to it',
};
