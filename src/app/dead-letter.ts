import type { Headers, RecordContext, StreamRecord } from '../topology/record.ts';
import type { LaidOutImage } from './images.ts';

/** Together with a body of 512 KiB a letter stays below the 1 MiB that Kafka allows by default. */
const MAX_KEY_BYTES = 128 * 1024;
const MAX_HEADERS_BYTES = 256 * 1024;
const MAX_TEXT_BYTES = 1024;

/** Lengths of name and value, of any header that fits in here. */
const HEADER_OVERHEAD_BYTES = 6;

/** Names that only we write; a letter that comes back must not carry its old ones along. */
const RESERVED = /^(__streams\.errors\.|darkroom\.)/;

/**
 * The record of an image that was refused, as it came: key, headers, value, time. Added are the error headers of KIP-1034
 * (`exception` holds our code, `message` the reason; there is no stack trace) and `darkroom.*`. A large value is in the
 * archive instead, a key above 128 KiB is left out, headers above 256 KiB are cut, and a time that brokers might refuse becomes `nowMs`.
 */
export function deadLetter(
  { key, value: image, timestamp, headers }: StreamRecord<Buffer | null, LaidOutImage>,
  context: RecordContext,
  nowMs: number,
): StreamRecord<Buffer | null, Buffer | null> {
  const { identity, refused, body, original } = image;
  const keyFits = key === null || key.length <= MAX_KEY_BYTES;
  const added: [string, string | number][] = [
    ['__streams.errors.exception', refused.code],
    ['__streams.errors.message', refused.reason],
    ['__streams.errors.topic', context.topic],
    ['__streams.errors.partition', context.partition],
    ['__streams.errors.offset', context.offset],
    ['darkroom.outcome', refused.outcome],
    ['darkroom.image-id', identity.imageId],
  ];
  if (body) {
    added.push(['darkroom.body-sha256', body.sha256], ['darkroom.body-bytes', body.bytes]);
    if (body.place) {
      added.push(['darkroom.body-bucket', body.place.bucket], ['darkroom.body-key', body.place.key]);
    }
  }
  if (!keyFits) added.push(['darkroom.key-bytes', key.length]);
  return {
    key: keyFits ? key : null,
    value: body ? null : original,
    timestamp: timestamp < 0 || timestamp > nowMs ? nowMs : timestamp,
    headers: [
      ...fitting(headers.filter(([name]) => !RESERVED.test(name))),
      ...added.map(([name, text]) => [name, cut(Buffer.from(String(text)))] as const),
    ],
  };
}

/** The headers as they are; too large as a whole, with long values cut and then as many as fit. */
function fitting(headers: Headers): Headers {
  if (sizeOf(headers) <= MAX_HEADERS_BYTES) return headers;
  let left = MAX_HEADERS_BYTES;
  return headers
    .map(([name, value]) => [name, value && cut(value)] as const)
    .filter((header) => {
      left -= sizeOf([header]);
      return left >= 0;
    });
}

const sizeOf = (headers: Headers) =>
  headers.reduce(
    (sum, [name, value]) => sum + HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + (value?.length ?? 0),
    0,
  );

/** At most 1 KiB, never within a UTF-8 character. */
function cut(text: Buffer): Buffer {
  if (text.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
