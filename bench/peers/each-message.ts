// What one writes in an afternoon: KafkaJS eachMessage, three sharp pipelines, three PUTs, one event; at least once.
// Environment: BROKERS, TOPIC_IN, TOPIC_OUT, S3_ENDPOINT, S3_BUCKET, AWS_*, AT_ONCE=1 for Promise.all over the renditions.
import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import kafkajs from 'kafkajs';
import sharp from 'sharp';

const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
};
const kafka = new kafkajs.Kafka({
  clientId: 'each-message',
  brokers: [need('BROKERS')],
  logLevel: kafkajs.logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId: `each-message-${randomUUID()}`, sessionTimeout: 300_000 });
const producer = kafka.producer();
const s3 = new S3Client({
  endpoint: need('S3_ENDPOINT'),
  region: need('AWS_REGION'),
  forcePathStyle: true,
  credentials: { accessKeyId: need('AWS_ACCESS_KEY_ID'), secretAccessKey: need('AWS_SECRET_ACCESS_KEY') },
});
const bucket = need('S3_BUCKET');
const atOnce = process.env.AT_ONCE === '1';
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function rendition(image: Buffer, id: string, box: number): Promise<object> {
  const { data, info } = await sharp(image)
    .rotate()
    .resize(box, box, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  const key = `peer/${id}/${box}.jpg`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: data, ContentType: 'image/jpeg' }));
  return { key, width: info.width, height: info.height, bytes: data.length };
}

await Promise.all([consumer.connect(), producer.connect()]);
await consumer.subscribe({ topic: need('TOPIC_IN'), fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => say({ msg: 'ready' }));
await consumer.run({
  eachMessage: async ({ message, partition }) => {
    const image = message.value;
    if (!image) return;
    const startedMs = performance.now();
    const id = `${need('TOPIC_IN')}-${partition}-${message.offset}`;
    const boxes = [1024, 512, 256];
    const renditions: object[] = [];
    if (atOnce) renditions.push(...(await Promise.all(boxes.map((box) => rendition(image, id, box)))));
    else for (const box of boxes) renditions.push(await rendition(image, id, box));
    await producer.send({
      topic: need('TOPIC_OUT'),
      messages: [{ key: id, value: JSON.stringify({ id, renditions }) }],
    });
    say({ msg: 'image processed', durationMs: performance.now() - startedMs });
  },
});
process.on('SIGTERM', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
});
