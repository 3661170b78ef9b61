import type { ImageCodec } from '../serdes/codec.ts';
import type { ExternalImage } from '../serdes/external-image.generated.ts';
import type { ObjectReference, Unusable, UrlReference } from './arrival.ts';
import { checkFocalPoint } from './focal-point.ts';
import { parseJson } from './parse-json.ts';
import { checkReference, parseReference, REFERENCE_CONTENT_TYPE } from './reference.ts';
import { parseTime, present, type Told } from './told.ts';

/** How the value of a record holds its image. */
export type StreamForm = 'bytes' | 'avro' | 'json' | 'reference';

/** Content types that say the form of a record; whatever else is no image leaves it to the topic's setting. */
export const CONTENT_TYPES: Readonly<Record<Exclude<StreamForm, 'bytes'>, readonly [string, ...string[]]>> = {
  avro: ['application/vnd.confluent.avro', 'avro/binary'],
  json: ['application/vnd.darkroom.image+json', 'application/json'],
  reference: [REFERENCE_CONTENT_TYPE],
};

const FORM_OF = new Map<string, StreamForm>([
  ...CONTENT_TYPES.avro.map((type) => [type, 'avro'] as const),
  ...CONTENT_TYPES.json.map((type) => [type, 'json'] as const),
  ...CONTENT_TYPES.reference.map((type) => [type, 'reference'] as const),
  ['application/octet-stream', 'bytes'],
]);

/** The form of a record: as its content type says, else the topic's. */
export function formOf(contentType: string | undefined, ofTopic: StreamForm): StreamForm {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return FORM_OF.get(mediaType) ?? (mediaType.startsWith('image/') ? 'bytes' : ofTopic);
}

/** What a value holds: the image or where it lies, and what it says of it. */
export interface ExternalValue {
  readonly image: Buffer | ObjectReference | UrlReference;
  readonly told: Told;
}

/** Reads a value. What it cannot read is a value too; it rejects only while the registry is away (`retry`). */
export async function readValue(
  form: StreamForm,
  bytes: Buffer,
  { codec, reserve }: { codec: Pick<ImageCodec, 'decodeExternal'>; reserve(bytes: number): Promise<void> },
): Promise<ExternalValue | Unusable> {
  switch (form) {
    case 'bytes':
      return { image: bytes, told: {} };
    case 'reference': {
      const reference = parseReference(bytes);
      return 'code' in reference ? reference : { image: reference, told: {} };
    }
    case 'avro': {
      await reserve(bytes.length); // the image is copied out of the record
      const decoded = await codec.decodeExternal(bytes);
      if (decoded.ok) return imageOf(decoded.value);
      return { code: decoded.code, reason: `the record cannot be decoded: ${decoded.reason}` };
    }
    case 'json': {
      await reserve(2 * bytes.length); // its text and the image
      return readJson(bytes);
    }
    default:
      return form satisfies never;
  }
}

/** An image in base64 or a reference, with the fields that Avro has too. */
function readJson(bytes: Buffer): ExternalValue | Unusable {
  const parsed = parseJson(bytes.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return invalidJson('it is no JSON object');
  }
  const fields: Partial<Record<string, unknown>> = { ...parsed };
  for (const name of ['customerId', 'imageId', 'contentType', 'pipeline']) {
    const field = fields[name];
    if (field !== undefined && field !== null && typeof field !== 'string') {
      return invalidJson(`${name} must be a string, null or absent`);
    }
  }
  if (typeof fields.image !== 'string') return imageOf(fields);
  const image = decodeBase64(fields.image);
  return image
    ? imageOf({ ...fields, image })
    : invalidJson('image must be base64 without white space and without "data:…,"');
}

/** What is left to check when the form is decoded; null counts as absent. */
function imageOf(given: Partial<Record<keyof ExternalImage, unknown>>): ExternalValue | Unusable {
  const { image, customerId, imageId, createdAt, focalPoint, pipeline } = given;
  if (!Buffer.isBuffer(image) && (typeof image !== 'object' || image === null)) {
    return invalidJson('image must be a string with base64, or a reference: {"bucket", "key"} or {"url"}');
  }
  const held = Buffer.isBuffer(image) ? image : checkReference(image);
  if ('code' in held) return held;
  const point = focalPoint === undefined || focalPoint === null ? undefined : checkFocalPoint(focalPoint);
  if (point && 'code' in point) return point;
  const told = present({
    customerId: text(customerId),
    imageId: text(imageId),
    createdAtMs: parseTime(createdAt),
    focalPoint: point,
    pipeline: text(pipeline),
  });
  return { image: held, told };
}

const text = (given: unknown) => (typeof given === 'string' && given !== '' ? given : undefined);

/** Undefined for what is no base64. Node skips what it does not know, which must not pass for an image. */
function decodeBase64(given: string): Buffer | undefined {
  let end = given.length;
  while (end > 0 && given.length - end < 2 && given[end - 1] === '=') end--;
  const bytes = Buffer.from(given, 'base64');
  return end % 4 !== 1 && bytes.length === Math.floor((end * 3) / 4) ? bytes : undefined;
}

const invalidJson = (why: string): Unusable => ({
  code: 'JSON_INVALID',
  reason: `the value is no JSON of an image: ${why}`,
});
