import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import type { ImageUploaded } from '../../src/serdes/image-uploaded.generated.ts';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { Instance } from '../faults/harness/instance.ts';
import { sharedStack } from '../shared-stack.ts';
import { createUploadsBucket, type UploadsBucket } from '../support/uploads-bucket.ts';

const run = `intake-${randomUUID().slice(0, 8)}`;
const bucket = run;
const topic = `${run}-uploads`;
const MAX_RECEIVE_COUNT = 2;

let stack: Stack;
let uploads: UploadsBucket;
let queueUrl: string;
let intake: Instance;
let consumer: Consumer;
const arrived: { readonly key: string; readonly upload: ImageUploaded }[] = [];

const arrivedAs = (upload: string) => arrived.filter((one) => one.upload.key.includes(`/${upload}/`));

async function put(upload: string, metadata: Record<string, string> = {}): Promise<void> {
  const Key = `incoming/acme/${upload}/my cät+1%.jpg`;
  const object = { Bucket: bucket, Key, Body: 'image', ContentType: 'image/jpeg', Metadata: metadata };
  await uploads.s3.send(new PutObjectCommand(object));
}

const messagesIn = (url: string) => uploads.messagesIn(url);

async function readiness(): Promise<{ ready: boolean; causes: string[] }> {
  const http = /"http":"([^"]+)"/.exec(intake.words())?.[1];
  const answer: { ready: boolean; causes: string[] } = JSON.parse(
    await (await fetch(`${http}/health/ready`)).text(),
  );
  return answer;
}

const untilReady = () => expect.poll(async () => (await readiness()).ready, { timeout: 30_000 }).toBe(true);

beforeAll(async () => {
  stack = await sharedStack();
  uploads = await createUploadsBucket(stack, run, MAX_RECEIVE_COUNT);
  ({ queueUrl } = uploads);
  const kafka = new Kafka({
    brokers: [stack.addresses.kafka],
    logLevel: logLevel.NOTHING,
    retry: { retries: 1000, maxRetryTime: 1_000 },
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
  await admin.disconnect();
  const codec = createRegistryCodec({
    url: stack.addresses.registry,
    requestTimeoutMs: 5_000,
    topics: { imageUploads: topic, imageStats: `${run}-stats` },
  });
  await codec.start();
  const seen = new Set<string>();
  consumer = kafka.consumer({ groupId: run, retry: { retries: 1000, maxRetryTime: 1_000 } });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const place = `${partition}@${message.offset}`;
      if (seen.has(place)) return; // read again by this consumer after the broker's restart
      seen.add(place);
      const decoded = await codec.decodeUpload(message.value);
      if (!decoded.ok) throw new Error(decoded.reason);
      arrived.push({ key: String(message.key), upload: decoded.value });
    },
  });

  intake = new Instance('intake', {
    ...stack.environment(),
    ROLES: 'intake',
    S3_BUCKET: bucket,
    UPLOADS_QUEUE_URL: queueUrl,
    TOPIC_UPLOADS: topic,
    TOPIC_STATS: `${run}-stats`,
    INTAKE_POLLERS: '1', // what it holds can be counted then
    HTTP_PORT: '0',
    SHUTDOWN_GRACE: '5s',
  });
  await intake.start();
}, 120_000);

afterAll(async () => {
  await intake?.kill();
  await consumer?.disconnect();
  uploads?.close();
});

test('a file that is put into the bucket becomes a record of image-uploads, and its message goes', async () => {
  await put('u-1');
  await put('u-2', { 'image-id': 'holiday/2' });
  await expect.poll(() => arrived.length, { timeout: 20_000 }).toBe(2);
  expect(arrivedAs('u-1')).toEqual([
    {
      key: imageIdOfName('acme', 'u-1'),
      upload: {
        imageId: imageIdOfName('acme', 'u-1'),
        customerId: 'acme',
        bucket,
        key: 'incoming/acme/u-1/my cät+1%.jpg',
        versionId: null,
        sizeBytes: null, // the bucket keeps no versions
        contentType: 'image/jpeg',
        receivedAt: expect.any(Number),
      },
    },
  ]);
  expect(arrivedAs('u-2')).toMatchObject([{ key: imageIdOfName('acme', 'holiday/2') }]);
  // the test event of the notification has gone too
  await expect.poll(() => messagesIn(queueUrl)).toEqual({ waiting: 0, inHand: 0 });
});

test('a message that cannot be read ends in the dead-letter queue, and holds up no other', async () => {
  const bodies = ['no JSON', JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put' }] })];
  for (const MessageBody of bodies)
    await uploads.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  await put('beside-it');
  await expect.poll(() => arrivedAs('beside-it').length, { timeout: 20_000 }).toBe(1);
  await expect
    .poll(() => messagesIn(uploads.deadLettersUrl), { timeout: 40_000, interval: 500 })
    .toEqual({ waiting: 2, inHand: 0 });
  const { Messages } = await uploads.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: uploads.deadLettersUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
    }),
  );
  expect(Messages?.map(({ Body }) => Body).sort()).toEqual(bodies.sort());
  expect(intake.words()).toMatch(/NOTIFICATION_UNREADABLE.*no JSON object.*"deliveries":2/);
});

test('while Kafka is away messages are kept, readiness says why, and each is on Kafka once afterwards', async () => {
  await stack.component('kafka').kill();
  try {
    for (let index = 0; index < 12; index++) await put(`away-${index}`);
    await expect
      .poll(async () => (await readiness()).causes.join(), { timeout: 30_000 })
      .toMatch(/^intake: Kafka unreachable since \S+: /);
    const { waiting, inHand } = await messagesIn(queueUrl);
    expect(waiting + inHand).toBe(12);
    expect(inHand, 'one poller, ten at most').toBeLessThanOrEqual(10);
  } finally {
    await stack.component('kafka').start();
  }
  await untilReady();
  await expect.poll(() => messagesIn(queueUrl), { timeout: 20_000 }).toEqual({ waiting: 0, inHand: 0 });
  const counts = () => Array.from({ length: 12 }, (_, index) => arrivedAs(`away-${index}`).length);
  await expect.poll(counts, { timeout: 20_000 }).not.toContain(0);
  expect(counts()).toEqual(counts().map(() => 1));
});

test('SQS and S3 go away and come back by themselves', async () => {
  await stack.component('aws').stop(); // in order: what is killed forgets its queues
  try {
    await expect
      .poll(async () => (await readiness()).causes.join(), { timeout: 30_000 })
      .toMatch(/intake: SQS unreachable since \S+: .*ECONN/);
  } finally {
    await stack.component('aws').start();
  }
  await put('back-again');
  await expect.poll(() => arrivedAs('back-again').length, { timeout: 30_000 }).toBe(1);
  await untilReady();
});

test('SIGTERM ends the poll at once, and gives back what cannot be finished', async () => {
  await stack.component('kafka').kill();
  try {
    await put('given-back');
    await expect.poll(() => messagesIn(queueUrl), { timeout: 20_000 }).toEqual({ waiting: 0, inHand: 1 });
    expect(await intake.terminate()).toBe(0);
    expect(await messagesIn(queueUrl)).toEqual({ waiting: 1, inHand: 0 });
  } finally {
    await stack.component('kafka').start();
  }
  await intake.start();
  await expect.poll(() => arrivedAs('given-back').length, { timeout: 20_000 }).toBe(1);

  const startedMs = performance.now();
  expect(await intake.terminate()).toBe(0);
  expect(performance.now() - startedMs, 'an idle poll waits for 20 s').toBeLessThan(5_000);
  expect(intake.surprises).toEqual([]);
});
