import type { ImageUploaded } from '../serdes/image-uploaded.generated.ts';
import { customerProblem } from './customer-id.ts';
import { imageIdOfName } from './image-id.ts';
import { parseJson } from './parse-json.ts';

/** Below it customers' uploads lie: `incoming/<customer>/<upload id>/<file name>`. */
export const UPLOAD_PREFIX = 'incoming/';
/** Object metadata in which an uploader names the image itself; over HTTP `x-amz-meta-image-id`. */
const IMAGE_NAME_METADATA = 'image-id';

/** An upload that S3 says is complete. */
export interface NotifiedUpload {
  readonly bucket: string;
  /** As it is, not URL-encoded. */
  readonly key: string;
  /** Absent where the bucket has no versions. */
  readonly versionId?: string;
  readonly sizeBytes?: number;
  readonly customerId: string;
  readonly uploadId: string;
  /** When S3 had the whole object, ms since the epoch. */
  readonly completeAtMs: number;
}

/** What a message says; `unreadable` is a value, so that its neighbours go on. No uploads: nothing is to be done. */
export type Notification =
  | { readonly kind: 'uploads'; readonly uploads: readonly NotifiedUpload[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What the store knows of an object beyond the notification. */
export interface ObjectFacts {
  readonly contentType?: string;
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the JSON of an S3 event notification (docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 * A message is taken as a whole: one record that cannot be read makes it unreadable, so that none is passed on twice.
 */
export function parseNotification(body: string): Notification {
  const message = parseJson(body);
  if (!isObject(message)) return unreadable('it is no JSON object');
  if (message.Event === 's3:TestEvent') return { kind: 'uploads', uploads: [] };
  if (!Array.isArray(message.Records)) return unreadable('it has no list of Records, as an S3 event has');
  const uploads: NotifiedUpload[] = [];
  for (const [index, record] of message.Records.entries()) {
    const read = readRecord(record);
    if (typeof read === 'string') return unreadable(`Records[${index}]: ${read}`);
    if (read) uploads.push(read);
  }
  return { kind: 'uploads', uploads };
}

/** The record of image-uploads; the uploader's own name of the image goes before the upload's. */
export function uploadRecord(upload: NotifiedUpload, facts: ObjectFacts | undefined): ImageUploaded {
  const { customerId, uploadId, bucket, key, versionId, sizeBytes, completeAtMs } = upload;
  return {
    imageId: imageIdOfName(customerId, facts?.metadata[IMAGE_NAME_METADATA] || uploadId),
    customerId,
    bucket,
    key,
    versionId: versionId ?? null,
    // without a version the object may be another by the time it is fetched, of another size
    sizeBytes: versionId === undefined ? null : (sizeBytes ?? null),
    contentType: facts?.contentType ?? null,
    receivedAt: completeAtMs,
  };
}

/** The upload; undefined for what is none; a text that says what is wrong. */
function readRecord(record: unknown): NotifiedUpload | undefined | string {
  const { eventName, eventTime, s3 } = fieldsOf(record);
  if (typeof eventName !== 'string') return 'eventName is missing';
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return undefined;
  const { bucket, object } = fieldsOf(s3);
  const { name } = fieldsOf(bucket);
  const { key: encodedKey, versionId, size } = fieldsOf(object);
  const completeAtMs = typeof eventTime === 'string' ? Date.parse(eventTime) : Number.NaN;
  if (Number.isNaN(completeAtMs)) return 'eventTime is no time';
  if (typeof name !== 'string' || name === '') return 's3.bucket.name is missing';
  if (typeof encodedKey !== 'string' || encodedKey === '') return 's3.object.key is missing';
  const key = decodeKey(encodedKey);
  if (key === undefined) return `s3.object.key is not URL-encoded: ${quoted(encodedKey)}`;
  if (key.endsWith('/')) return undefined; // a folder, as consoles make them
  const place = placeOf(key);
  if (typeof place === 'string') return place;
  return {
    ...place,
    bucket: name,
    key,
    ...(typeof versionId === 'string' && versionId !== '' ? { versionId } : {}),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { sizeBytes: size } : {}),
    completeAtMs,
  };
}

function placeOf(key: string): { readonly customerId: string; readonly uploadId: string } | string {
  const [, customerId, uploadId] = /^incoming\/([^/]+)\/([^/]+)\/./s.exec(key) ?? [];
  if (customerId === undefined || uploadId === undefined)
    return `the key ${quoted(key)} is not ${UPLOAD_PREFIX}<customer>/<upload id>/<file name>`;
  const problem = customerProblem(customerId);
  return problem ? `the key ${quoted(key)}: ${problem.reason}` : { customerId, uploadId };
}

/** S3 encodes keys in notifications as forms do: a space is a plus. */
function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const fieldsOf = (value: unknown): Partial<Record<string, unknown>> => (isObject(value) ? value : {});
const quoted = (text: string) => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
const unreadable = (reason: string): Notification => ({ kind: 'unreadable', reason });
