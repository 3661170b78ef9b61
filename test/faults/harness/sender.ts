import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Producer } from 'kafkajs';
import type { ImageCodec } from '../../../src/serdes/codec.ts';
import { imageIdOfName } from '../../../src/sources/image-id.ts';
import { imageMaker } from './images.ts';
import type { RunTopics } from './topics.ts';

const CUSTOMERS = ['acme', 'globex', 'initech', 'umbrella'];
const BATCH = 5;

export interface SenderDeps {
  readonly run: string;
  readonly images: number;
  readonly topics: RunTopics;
  readonly bucket: string;
  readonly codec: ImageCodec;
  readonly producer: Producer;
  readonly s3: S3Client;
  /** How many may have been sent by now. */
  readonly allowance: () => number;
  readonly signal: AbortSignal;
}

/**
 * Sends the images both ways, each under its own image-id, by one producer. Returns the ids of those that are acknowledged,
 * when all are or the signal has fired.
 */
export async function sendImages(deps: SenderDeps): Promise<Map<string, 'upload' | 'stream'>> {
  const sent = new Map<string, 'upload' | 'stream'>();
  const make = await imageMaker();
  for (let next = 0; next < deps.images && !deps.signal.aborted; ) {
    const count = Math.min(BATCH, deps.images - next, deps.allowance() - next);
    if (count <= 0) {
      await delay(20);
      continue;
    }
    const batch = Array.from({ length: count }, (_, i) => next + i);
    const records = await Promise.all(batch.map((index) => recordOf(index, make(index, deps.run), deps)));
    await deps.producer.sendBatch({
      acks: -1,
      topicMessages: records.map(({ topic, ...message }) => ({ topic, messages: [message] })),
    });
    for (const { imageId, topic } of records) {
      sent.set(imageId, topic === deps.topics.uploads ? 'upload' : 'stream');
    }
    next += count;
  }
  return sent;
}

async function recordOf(index: number, body: Buffer, { run, topics, bucket, codec, s3 }: SenderDeps) {
  const customerId = CUSTOMERS[index % CUSTOMERS.length] ?? '';
  const name = `${run}-${index}`;
  const imageId = imageIdOfName(customerId, name);
  if (index % 2 === 0) {
    const headers = { 'customer-id': customerId, 'image-id': name, 'content-type': 'image/jpeg' };
    return { topic: topics.stream, key: imageId, value: body, headers, imageId };
  }
  const key = `kill-test/${customerId}/${name}/image.jpg`;
  const put = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  const value = codec.encodeUpload({
    imageId,
    customerId,
    bucket,
    key,
    versionId: put.VersionId ?? null,
    sizeBytes: body.length,
    contentType: 'image/jpeg',
    receivedAt: Date.now(),
  });
  return { topic: topics.uploads, key: imageId, value, headers: {}, imageId };
}
