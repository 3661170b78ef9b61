import { StreamsError } from '../errors.ts';
import type { Headers, ProducedRecord } from '../record.ts';
import type { Failure } from './error-handlers.ts';

const MAX_MESSAGE_BYTES = 1_024;
const MAX_STACK_BYTES = 8_192;

/** Names that only we write: a letter that comes back and fails again must not carry its old ones along. */
const RESERVED = '__streams.errors.';

function cut(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--; // not within a character
  return bytes.subarray(0, end);
}

/** A code is what an operator looks for; other errors have a name alone. */
function nameOf(error: unknown): string {
  if (error instanceof StreamsError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/**
 * The record as it was read, key and value to the byte, with the error headers of KIP-1034 behind its own. A failed
 * punctuation has no record: its letter holds the error alone. A time that brokers might refuse becomes `nowMs`.
 */
export function deadLetter(topic: string, { record, error }: Failure, nowMs: number): ProducedRecord {
  const own: Headers = (record?.headers ?? []).filter(([name]) => !name.startsWith(RESERVED));
  const message = error instanceof Error ? error.message : String(error);
  const stack = (error instanceof Error && error.stack) || message;
  const timestamp = record?.timestamp ?? nowMs;
  return {
    topic,
    key: record?.key ?? null,
    value: record?.value ?? null,
    timestamp: timestamp < 0 || timestamp > nowMs ? nowMs : timestamp,
    headers: [
      ...own,
      [`${RESERVED}exception`, Buffer.from(nameOf(error))],
      [`${RESERVED}stacktrace`, cut(stack, MAX_STACK_BYTES)],
      [`${RESERVED}message`, cut(message, MAX_MESSAGE_BYTES)],
      [`${RESERVED}topic`, Buffer.from(record?.topic ?? '')],
      [`${RESERVED}partition`, Buffer.from(String(record?.partition ?? -1))],
      [`${RESERVED}offset`, Buffer.from(String(record?.offset ?? -1))],
    ],
  };
}

/** A letter that is too large for its topic: without its value, whose size it tells; topic, partition and offset say where it lies. */
export function withoutBody(letter: ProducedRecord): ProducedRecord {
  const size = Buffer.from(String(letter.value?.length ?? 0));
  return { ...letter, value: null, headers: [...letter.headers, [`${RESERVED}value.bytes`, size]] };
}

/** A letter whose key and headers are too large by themselves: what was written about the record is left, and nothing of it. */
export function alone(letter: ProducedRecord): ProducedRecord {
  return { ...letter, key: null, headers: letter.headers.filter(([name]) => name.startsWith(RESERVED)) };
}
