import type { ObjectReference, Unusable, UrlReference } from './arrival.ts';
import { parseJson } from './parse-json.ts';

/** Content type of a record of the external stream whose value is no image but says where one lies. */
export const REFERENCE_CONTENT_TYPE = 'application/vnd.darkroom.reference+json';

const MAX_REFERENCE_BYTES = 8 * 1024; // an S3 key has at most 1,024 bytes
const MAX_KEY_BYTES = 1024;
const MAX_URL_CHARACTERS = 4096; // a presigned one has about 2,000

/** Reads the JSON of a reference; what it says about itself may be wrong, so each part is checked. */
export function parseReference(bytes: Buffer): ObjectReference | UrlReference | Unusable {
  if (bytes.length > MAX_REFERENCE_BYTES) {
    return invalid(`it has ${bytes.length} bytes, at most ${MAX_REFERENCE_BYTES} are allowed`);
  }
  const parsed = parseJson(bytes.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null) return invalid('it is no JSON object');
  return checkReference(parsed);
}

/** Checks the fields of a reference, of whichever form; null counts as absent. */
export function checkReference(fields: object): ObjectReference | UrlReference | Unusable {
  const { bucket, key, versionId, url, sizeBytes }: Partial<Record<string, unknown>> = { ...fields };
  if (isGiven(sizeBytes) && !isSize(sizeBytes)) {
    return invalid('sizeBytes must be a whole number from 0, null or absent');
  }
  const size = isSize(sizeBytes) ? { sizeBytes } : {};
  if (isGiven(url)) {
    if (isGiven(bucket) || isGiven(key) || isGiven(versionId)) {
      return invalid('it has url beside bucket, key or versionId');
    }
    if (typeof url !== 'string' || url.length > MAX_URL_CHARACTERS || !URL.canParse(url)) {
      return invalid(`url must be an absolute URL of at most ${MAX_URL_CHARACTERS} characters`);
    }
    return { url, ...size };
  }
  if (typeof bucket !== 'string' || bucket === '')
    return invalid('bucket must be a string that is not empty');
  if (!isName(key)) return invalid('key must be a string that is not empty, of whole characters');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return invalid(`key has more than ${MAX_KEY_BYTES} bytes`);
  if (isGiven(versionId) && !isName(versionId)) {
    return invalid('versionId must be a string that is not empty, of whole characters, null or absent');
  }
  return { bucket, key, ...(typeof versionId === 'string' ? { versionId } : {}), ...size };
}

/** Undefined when the service may read the bucket. */
export function bucketProblem(bucket: string, allowed: ReadonlySet<string>): Unusable | undefined {
  if (allowed.has(bucket)) return undefined;
  return {
    code: 'REFERENCE_NOT_ALLOWED',
    reason: `the bucket ${JSON.stringify(bucket.slice(0, 64))} is not among those that the service is configured to read`,
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
/** Half of a surrogate pair has no place in an address. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.isWellFormed();
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function invalid(why: string): Unusable {
  return { code: 'REFERENCE_INVALID', reason: `the value is no valid reference: ${why}` };
}
