import type { IHeaders, Message } from 'kafkajs';
import { ByteWriter, sizeOfVarint } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';

/** What KafkaJS hands to a broker's produce; ids are numbers, text, or its own 64-bit numbers. */
export interface ProduceRequest {
  readonly acks: number;
  /** ms. */
  readonly timeout: number;
  /** 0: none. */
  readonly compression?: number;
  readonly transactionalId?: string | null | undefined;
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly Message[];
    }[];
  }[];
}

/** Before the records of a batch: from its first offset to their count. */
const BATCH_HEAD_BYTES = 61;
/** Its first offset and its length, which the length does not count. */
const BATCH_PREFIX_BYTES = 12;
const CRC_AT = 17;
const CRC_COVERS_FROM = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const NO_PRODUCER = -1;

/** A batch that is about to be written: how large its records are, without their own lengths, and how large it is. */
interface Draft {
  readonly partition: number;
  readonly firstSequence: number;
  readonly messages: readonly Message[];
  readonly timestamps: readonly number[];
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly bodies: readonly number[];
  readonly size: number;
}

/**
 * A produce request of the versions 3 to 7, uncompressed. One pass measures it, a second one writes it into a single buffer.
 * Format: Kafka's protocol guide, "Produce API" and "Record Batch".
 */
export function encodeProduce(request: ProduceRequest): Buffer {
  const { acks, timeout, transactionalId = null, topicData } = request;
  const now = Date.now();
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    drafts: partitions.map((data) => draft(data, now)),
  }));
  const writer = new ByteWriter(
    topics.reduce(
      (sum, { topic, drafts }) =>
        sum + 2 + Buffer.byteLength(topic) + 4 + drafts.reduce((bytes, { size }) => bytes + 8 + size, 0),
      2 + Buffer.byteLength(transactionalId ?? '') + 2 + 4 + 4,
    ),
  );
  writer.text(transactionalId);
  writer.int16(acks);
  writer.int32(timeout);
  writer.int32(topics.length);
  for (const { topic, drafts } of topics) {
    writer.text(topic);
    writer.int32(drafts.length);
    for (const one of drafts) {
      writer.int32(one.partition);
      writer.int32(one.size);
      writeBatch(writer, one, request);
    }
  }
  return writer.buffer;
}

type PartitionData = ProduceRequest['topicData'][number]['partitions'][number];

function draft({ partition, firstSequence = 0, messages }: PartitionData, now: number): Draft {
  const timestamps = messages.map(({ timestamp }) => (timestamp ? Number(timestamp) : now));
  let firstTimestamp = timestamps[0] ?? now;
  let maxTimestamp = firstTimestamp;
  for (const timestamp of timestamps) {
    if (timestamp < firstTimestamp) firstTimestamp = timestamp;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  let size = BATCH_HEAD_BYTES;
  const bodies = messages.map((message, index) => {
    const body = bodySize(message, (timestamps[index] ?? now) - firstTimestamp, index);
    size += sizeOfVarint(body) + body;
    return body;
  });
  return { partition, firstSequence, messages, timestamps, firstTimestamp, maxTimestamp, bodies, size };
}

function writeBatch(writer: ByteWriter, batch: Draft, request: ProduceRequest): void {
  const { messages, timestamps, firstTimestamp, bodies, size } = batch;
  const start = writer.at;
  writer.int64(0n); // its first offset: the broker's matter
  writer.int32(size - BATCH_PREFIX_BYTES);
  writer.int32(0); // the leader's epoch
  writer.int8(MAGIC);
  writer.int32(0); // the checksum comes last
  writer.int16(request.transactionalId ? TRANSACTIONAL : 0);
  writer.int32(messages.length - 1);
  writer.int64(BigInt(firstTimestamp));
  writer.int64(BigInt(batch.maxTimestamp));
  writer.int64(BigInt(String(request.producerId ?? NO_PRODUCER)));
  writer.int16(request.producerEpoch ?? 0);
  writer.int32(batch.firstSequence);
  writer.int32(messages.length);
  messages.forEach((message, index) => {
    writer.varint(bodies[index] ?? 0);
    writer.int8(0);
    writer.varint((timestamps[index] ?? firstTimestamp) - firstTimestamp);
    writer.varint(index);
    writeBytes(writer, message.key);
    writeBytes(writer, message.value);
    writeHeaders(writer, message.headers);
  });
  const checksum = crc32c(writer.buffer, start + CRC_COVERS_FROM, writer.at);
  writer.buffer.writeUInt32BE(checksum, start + CRC_AT);
}

type Bytes = Buffer | string | null | undefined;

function bodySize({ key, value, headers }: Message, timestampDelta: number, offsetDelta: number): number {
  return (
    1 +
    sizeOfVarint(timestampDelta) +
    sizeOfVarint(offsetDelta) +
    sizeOfBytes(key) +
    sizeOfBytes(value) +
    sizeOfHeaders(headers)
  );
}

const lengthOf = (bytes: Buffer | string): number =>
  typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;

function sizeOfBytes(bytes: Bytes): number {
  if (bytes === null || bytes === undefined) return 1;
  const length = lengthOf(bytes);
  return sizeOfVarint(length) + length;
}

function writeBytes(writer: ByteWriter, bytes: Bytes): void {
  if (bytes === null || bytes === undefined) writer.varint(-1);
  else {
    writer.varint(lengthOf(bytes));
    writer.raw(bytes);
  }
}

/** In order; a name with several values comes several times. */
function* entriesOf(headers: IHeaders): Generator<readonly [string, Bytes]> {
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (Array.isArray(value)) for (const each of value) yield [name, each];
    else yield [name, value];
  }
}

function sizeOfHeaders(headers: IHeaders | undefined): number {
  if (!headers) return 1;
  let count = 0;
  let size = 0;
  for (const [name, value] of entriesOf(headers)) {
    count++;
    size += sizeOfBytes(name) + sizeOfBytes(value);
  }
  return sizeOfVarint(count) + size;
}

function writeHeaders(writer: ByteWriter, headers: IHeaders | undefined): void {
  if (!headers) {
    writer.varint(0);
    return;
  }
  const entries = [...entriesOf(headers)];
  writer.varint(entries.length);
  for (const [name, value] of entries) {
    writeBytes(writer, name);
    writeBytes(writer, value);
  }
}
