import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { ConsumedRecord, Headers, ProducedRecord } from '../record.ts';
import { FetchedMessage } from './wire/fetched-message.ts';

const NO_HEADERS: Headers = [];

/** KafkaJS hands out slices, each of which pins the whole fetch response: what is kept for long must be a copy. */
function keep(bytes: Buffer | null | undefined, copy: boolean): Buffer | null {
  if (!bytes) return null;
  return copy ? Buffer.from(bytes) : bytes;
}

/** Most records have none: asked without making a list of names. */
function isEmpty(headers: IHeaders): boolean {
  for (const _ in headers) return false;
  return true;
}

/** KafkaJS keeps headers as an object: names that come twice stand together, at the place of the first. */
export function fromHeaders(headers: IHeaders | undefined): Headers {
  if (!headers || isEmpty(headers)) return NO_HEADERS;
  return Object.keys(headers).flatMap((name) => {
    const value = headers[name];
    const values = Array.isArray(value) ? value : [value];
    return values.map((v) => [name, v === undefined || v === null ? null : Buffer.from(v)] as const);
  });
}

export function toHeaders(headers: Headers): IHeaders {
  const result: Record<string, Buffer | undefined | Buffer[]> = Object.create(null); // a name may be __proto__
  for (const [name, bytes] of headers) {
    const value = bytes ?? undefined;
    const before = result[name];
    if (!(name in result)) result[name] = value;
    // KafkaJS writes an undefined element as a null value; its types do not know it
    else if (Array.isArray(before)) before.push(value as Buffer);
    else result[name] = [before, value] as Buffer[];
  }
  return result;
}

/** `copy`: the record may have to wait, so that it must not pin what was fetched with it. */
export function toConsumed(
  topic: string,
  partition: number,
  message: KafkaMessage,
  copy: boolean,
): ConsumedRecord {
  const own = message instanceof FetchedMessage;
  return {
    topic,
    partition,
    offset: own ? message.position : Number(message.offset),
    timestamp: own ? message.timeMs : Number(message.timestamp),
    key: keep(message.key, copy),
    value: keep(message.value, copy),
    headers: fromHeaders(message.headers),
  };
}

/** A message that still knows how its sink wants to choose its partition. */
export type RoutedMessage = Message & { readonly choosePartition?: (partitions: number) => number };

export function toMessage(record: ProducedRecord): RoutedMessage {
  const { key, value, headers, partition, choosePartition } = record;
  const message: Message = { key, value, timestamp: timestampText(record.timestamp) };
  if (headers.length > 0) message.headers = toHeaders(headers);
  if (partition !== undefined) message.partition = partition;
  return choosePartition ? { ...message, choosePartition } : message;
}

let lastTimestamp = { number: 0, text: '0' };

/** KafkaJS wants text; neighbours often share their time. */
function timestampText(number: number): string {
  if (lastTimestamp.number !== number) lastTimestamp = { number, text: String(number) };
  return lastTimestamp.text;
}
