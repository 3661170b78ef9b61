import { ByteReader } from './byte-reader.ts';
import { type BatchContext, FetchedMessage } from './fetched-message.ts';

/** What KafkaJS makes of a fetch's answer; 64-bit numbers are decimal text. */
export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly lastStableOffset: string;
      readonly lastStartOffset: string;
      readonly abortedTransactions: { readonly producerId: string; readonly firstOffset: string }[];
      readonly preferredReadReplica: number;
      readonly messages: FetchedMessage[];
    }[];
  }[];
}

/** A batch's first offset and its length. */
const PREFIX_BYTES = 12;
const MAGIC_AT = 16;
const MAGIC = 2;
const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A batch that is compressed, or older than Kafka 0.11. */
class ForeignBatchError extends Error {}

/**
 * A fetch's answer of version 11, whose batches are uncompressed; undefined where one is not. Format: Kafka's protocol guide,
 * "Fetch API" and "Record Batch".
 */
export function decodeFetch(bytes: Buffer): FetchResponse | undefined {
  try {
    return response(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof ForeignBatchError) return undefined;
    throw error;
  }
}

function response(reader: ByteReader): FetchResponse {
  const clientSideThrottleTime = reader.int32();
  return {
    throttleTime: 0, // the broker leaves it to the client
    clientSideThrottleTime,
    errorCode: reader.int16(),
    sessionId: reader.int32(),
    responses: reader.array(() => ({
      topicName: reader.text(),
      partitions: reader.array(() => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        highWatermark: String(reader.int64()),
        lastStableOffset: String(reader.int64()),
        lastStartOffset: String(reader.int64()),
        abortedTransactions: reader.array(() => ({
          producerId: String(reader.int64()),
          firstOffset: String(reader.int64()),
        })),
        preferredReadReplica: reader.int32(),
        messages: recordsOf(reader),
      })),
    })),
  };
}

/** The batches of a partition; the broker may have cut off the last. */
function recordsOf(reader: ByteReader): FetchedMessage[] {
  const length = reader.int32();
  const messages: FetchedMessage[] = [];
  if (length <= 0) return messages;
  const end = reader.at + length;
  while (reader.at + MAGIC_AT < end) {
    if (reader.buffer[reader.at + MAGIC_AT] !== MAGIC) throw new ForeignBatchError();
    const next = reader.at + PREFIX_BYTES + reader.buffer.readInt32BE(reader.at + PREFIX_BYTES - 4);
    if (next > end) break;
    readBatch(reader, messages);
    reader.at = next;
  }
  reader.at = end;
  return messages;
}

function readBatch(reader: ByteReader, into: FetchedMessage[]): void {
  const firstOffset = reader.int64();
  reader.at += 4 + 4 + 1 + 4; // length, leader's epoch, magic, checksum: TCP has one of its own
  const attributes = reader.int16();
  if ((attributes & COMPRESSION) !== 0) throw new ForeignBatchError();
  const lastOffsetDelta = reader.int32();
  const firstTimeMs = Number(reader.int64());
  const maxTimeMs = Number(reader.int64());
  const producerId = String(reader.int64());
  reader.at += 2 + 4; // the producer's epoch, the first sequence number
  const context: BatchContext = {
    firstOffset: String(firstOffset),
    lastOffsetDelta,
    producerId,
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
  };
  const batch = {
    context,
    firstOffset: Number(firstOffset),
    firstTimeMs,
    appendTimeMs: (attributes & LOG_APPEND_TIME) !== 0 ? maxTimeMs : undefined,
    isControl: (attributes & CONTROL) !== 0,
  };
  for (let left = reader.int32(); left > 0; left--) {
    const size = reader.varint();
    const next = reader.at + size;
    into.push(new FetchedMessage(reader, batch));
    reader.at = next;
  }
}
