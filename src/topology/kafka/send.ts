import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import type { ProducedRecord } from '../record.ts';
import type { SendAnswer } from './commit-plan.ts';
import { messageList } from './mended.ts';
import type { Router } from './partitioner.ts';

/** KafkaJS never splits a batch, and a broker refuses one above its message.max.bytes (1 MiB where unset). */
const MAX_CHUNK_BYTES = 700_000;
const MAX_CHUNK_RECORDS = 5_000;
const BATCH_OVERHEAD_BYTES = 61;

function sizeOf(record: ProducedRecord): number {
  let bytes = 70 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) bytes += 10 + Buffer.byteLength(name) + (value?.length ?? 0);
  return bytes;
}

/** Splits records into sends that a broker takes, in order; a single large record is a chunk of its own. */
function* chunks(records: readonly ProducedRecord[], maxBytes: number): Generator<readonly ProducedRecord[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < records.length; at++) {
    const record = records[at];
    const size = record ? sizeOf(record) : 0;
    if (at > from && (bytes + size > maxBytes || at - from >= MAX_CHUNK_RECORDS)) {
      yield records.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) yield records.slice(from);
}

interface BatchSender {
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>;
}

/**
 * Sends records in order, acknowledged by all in-sync replicas; `check` runs between two sends and may throw.
 * @param maxBatchBytes what the topics take; a record that is larger by itself is sent alone
 */
export async function sendAll(
  sender: BatchSender,
  router: Router,
  records: readonly ProducedRecord[],
  check: () => void,
  maxBatchBytes = Number.POSITIVE_INFINITY,
): Promise<SendAnswer[]> {
  const answers: SendAnswer[] = [];
  const chunkBytes = Math.min(MAX_CHUNK_BYTES, maxBatchBytes - BATCH_OVERHEAD_BYTES);
  for (const chunk of chunks(records, chunkBytes)) {
    for (const group of await router.byLeader(chunk)) {
      const topicMessages = [...group].map(([topic, messages]) => ({
        topic,
        messages: messageList(messages),
      }));
      for (const answer of await sender.sendBatch({ acks: -1, topicMessages }))
        answers.push({ ...answer, topicRecords: group.get(answer.topicName)?.length ?? 0 });
      check();
    }
  }
  return answers;
}
