// The two ways in, as the web application and the streaming application use them.
import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { REFERENCE_CONTENT_TYPE } from '../../src/sources/reference.ts';
import type { Sample } from '../samples/index.ts';
import type { Stack } from '../stack/stack.ts';

/** A sample on its way, under the identity that its event will have. */
export interface Sent {
  readonly imageId: string;
  readonly sample: Sample;
}

const AT_ONCE = 8;

/** Sends all samples, each on its way, and calls `onSent` after each. */
export async function sendSamples(
  samples: readonly Sample[],
  stack: Stack,
  onSent: (sent: Sent) => void,
): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket } = stack.addresses.s3;
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const producer = new Kafka({
    clientId: 'darkroom-demo',
    brokers: [stack.addresses.kafka],
    logLevel: logLevel.NOTHING,
  }).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const sender = new Sender(s3, bucket, producer);
  const waiting = [...samples];
  const sendOneByOne = async () => {
    for (let sample = waiting.shift(); sample; sample = waiting.shift()) {
      onSent({ sample, imageId: await sender.send(sample) });
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, sendOneByOne));
  } finally {
    await producer.disconnect();
    s3.destroy();
  }
}

class Sender {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #producer: Producer;

  constructor(s3: S3Client, bucket: string, producer: Producer) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#producer = producer;
  }

  send(sample: Sample): Promise<string> {
    if (sample.way === 'upload') return this.#upload(sample);
    return this.#stream(sample);
  }

  /** As the web application: the file into S3, under the identity of the upload, and nothing else. */
  async #upload(sample: Sample): Promise<string> {
    const uploadId = randomUUID();
    await this.#put('incoming', sample, uploadId);
    return imageIdOfName(sample.customer, uploadId);
  }

  /** As the streaming application: the bytes themselves, or a reference to an object it has stored. */
  async #stream(sample: Sample): Promise<string> {
    const { customer, name, way, bytes } = sample;
    const isReference = way === 'reference';
    const value = isReference ? JSON.stringify(await this.#put('references', sample, randomUUID())) : bytes;
    const headers = {
      'customer-id': customer,
      'image-id': name,
      'content-type': isReference ? REFERENCE_CONTENT_TYPE : mediaType(sample),
      'created-at': new Date().toISOString(),
    };
    const message = { key: `${customer}/${name}`, value, headers };
    await this.#producer.send({ topic: 'image-stream', messages: [message] });
    return imageIdOfName(customer, name);
  }

  async #put(folder: 'incoming' | 'references', sample: Sample, id: string) {
    const { customer, name, bytes } = sample;
    const key = `${folder}/${customer}/${id}/${name}`;
    const place = { Bucket: this.#bucket, Key: key };
    const { VersionId } = await this.#s3.send(
      new PutObjectCommand({ ...place, Body: bytes, ContentType: mediaType(sample) }),
    );
    return { bucket: this.#bucket, key, versionId: VersionId ?? null, sizeBytes: bytes.length };
  }
}

/** What a sender would say, from the name: that it may be wrong is part of the show. */
function mediaType({ name }: Sample): string {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  const types: Record<string, string> = { jpg: 'jpeg', svg: 'svg+xml' };
  return `image/${types[extension] ?? extension}`;
}
