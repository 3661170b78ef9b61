import type { ImageCodec } from '../serdes/codec.ts';
import type { ImageUploaded } from '../serdes/image-uploaded.generated.ts';
import type { RecordContext } from '../topology/record.ts';
import type { Arrival, ImageIdentity, Unusable } from './arrival.ts';
import { customerProblem, UNKNOWN_CUSTOMER } from './customer-id.ts';
import { imageIdOfRecord, isImageId } from './image-id.ts';
import { bucketProblem } from './reference.ts';

export interface UploadDeps {
  readonly codec: Pick<ImageCodec, 'decodeUpload'>;
  readonly allowedBuckets: ReadonlySet<string>;
}

/** Reads a record of image-uploads. What it cannot use is a value; it rejects only while the registry is away (`retry`). */
export function fromUpload({ codec, allowedBuckets }: UploadDeps) {
  return async (original: Buffer | null, _key: unknown, context: RecordContext): Promise<Arrival> => {
    const decoded = await codec.decodeUpload(original);
    if (!decoded.ok) {
      const reason = `the record cannot be decoded: ${decoded.reason}`;
      const identity = identityOf(undefined, context);
      return { kind: 'unusable', identity, original, problem: { code: decoded.code, reason } };
    }
    const upload = decoded.value;
    const identity = identityOf(upload, context);
    const problem =
      customerProblem(upload.customerId) ??
      fieldProblem(upload) ??
      bucketProblem(upload.bucket, allowedBuckets);
    if (problem) return { kind: 'unusable', identity, original, problem };
    const { bucket, key, versionId, sizeBytes } = upload;
    const reference = {
      bucket,
      key,
      ...(versionId === null ? {} : { versionId }),
      ...(sizeBytes === null ? {} : { sizeBytes }),
    };
    return { kind: 'reference', identity, original, reference };
  };
}

function identityOf(upload: ImageUploaded | undefined, context: RecordContext): ImageIdentity {
  const valid = upload !== undefined && customerProblem(upload.customerId) === undefined;
  return {
    imageId: upload && valid && isImageId(upload.imageId) ? upload.imageId : imageIdOfRecord(context),
    customerId: valid ? upload.customerId : UNKNOWN_CUSTOMER,
    source: 'upload',
    receivedAtMs: upload?.receivedAt ?? context.timestamp,
  };
}

function fieldProblem({ imageId, bucket, key, sizeBytes }: ImageUploaded): Unusable | undefined {
  if (!isImageId(imageId)) return invalid('imageId must be 32 lower-case hex digits');
  if (bucket === '' || key === '') return invalid('bucket and key must not be empty');
  if (sizeBytes !== null && sizeBytes < 0) return invalid('sizeBytes must not be negative');
  return undefined;
}

const invalid = (why: string): Unusable => ({
  code: 'UPLOAD_INVALID',
  reason: `the upload's record is not valid: ${why}`,
});
