// Sends one image to Darkroom, in a form of docs/external-stream.md:
//   node send-image.ts bytes|json|avro <customer> <image id> <file>
//   node send-image.ts reference       <customer> <image id> <s3://bucket/key or https://…>
// KAFKA_BROKERS, TOPIC_STREAM; for Avro SCHEMA_REGISTRY_URL and EXTERNAL_IMAGE_SCHEMA, the path of schemas/ExternalImage.avsc.
import { readFile } from 'node:fs/promises';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Kafka } from 'kafkajs';

const {
  KAFKA_BROKERS = 'localhost:9092',
  TOPIC_STREAM = 'image-stream',
  SCHEMA_REGISTRY_URL = '',
} = process.env;

interface Sent {
  readonly value: Buffer | string;
  readonly headers: Record<string, string>;
}

/** The image itself; all else stands in headers. */
async function bytes(customer: string, imageId: string, file: string): Promise<Sent> {
  const headers = { 'customer-id': customer, 'image-id': imageId, 'focal-point': '0.5,0.25' };
  return { value: await readFile(file), headers };
}

/** The image in base64, all else beside it. */
async function json(customerId: string, imageId: string, file: string): Promise<Sent> {
  const image = await readFile(file, 'base64');
  const focalPoint = { x: 0.5, y: 0.25 };
  const value = JSON.stringify({ image, customerId, imageId, createdAt: Date.now(), focalPoint });
  return { value, headers: { 'content-type': 'application/vnd.darkroom.image+json' } };
}

/** Avro in Confluent's wire format: a zero byte, the id of the schema, the record. */
async function avro(customerId: string, imageId: string, file: string): Promise<Sent> {
  const registry = new SchemaRegistry({ host: SCHEMA_REGISTRY_URL });
  const image = { image: await readFile(file), customerId, imageId, createdAt: Date.now() };
  const value = await registry.encode(await register(), image);
  return { value, headers: { 'content-type': 'application/vnd.confluent.avro' } };
}

/** Where the image lies: an object in S3, or a URL. */
async function reference(customer: string, imageId: string, place: string): Promise<Sent> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place) ?? [];
  return {
    value: JSON.stringify(bucket === undefined ? { url: place } : { bucket, key }),
    headers: {
      'customer-id': customer,
      'image-id': imageId,
      'content-type': 'application/vnd.darkroom.reference+json',
    },
  };
}

/** The id of the schema in the registry; the same one for the same schema. */
async function register(): Promise<number> {
  const schema = await readFile(process.env.EXTERNAL_IMAGE_SCHEMA ?? '', 'utf8');
  const answer = await fetch(`${SCHEMA_REGISTRY_URL}/subjects/${TOPIC_STREAM}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  const registered: { id: number } = JSON.parse(await answer.text());
  return registered.id;
}

const forms = new Map(Object.entries({ bytes, json, avro, reference }));
const [form = '', customer = '', imageId = '', place = ''] = process.argv.slice(2);
const make = forms.get(form);
if (!make) throw new Error(`there is no form ${form}; there are ${[...forms.keys()].join(', ')}`);

const producer = new Kafka({ brokers: KAFKA_BROKERS.split(',') }).producer({
  idempotent: true,
  maxInFlightRequests: 1,
});
await producer.connect();
await producer.send({
  topic: TOPIC_STREAM,
  messages: [{ key: imageId, ...(await make(customer, imageId, place)) }],
});
await producer.disconnect();
