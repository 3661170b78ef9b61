import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { mend } from '../../src/topology/kafka/mended.ts';
import { imageMaker } from '../faults/harness/images.ts';
import { Instance } from '../faults/harness/instance.ts';
import { StatsReader } from '../faults/harness/stats-reader.ts';
import { createRunTopics, topicVariables } from '../faults/harness/topics.ts';
import { sharedStack } from '../shared-stack.ts';
import {
  javaExample,
  type ProducerExample,
  pythonExample,
  typescriptExample,
} from '../support/producer-examples.ts';
import { WebOnLoopback } from '../unit/sources/web-on-loopback.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../schemas/ExternalImage.avsc', import.meta.url));
const EVENT_MS = 30_000;
const SECRET = 'sig=never-to-be-told';
const FORMS = ['bytes', 'json', 'avro', 'object', 'url'] as const;

describe('every form of the external stream, through a service that runs', () => {
  const run = `forms-${Date.now().toString(36)}`;
  const image = async () => (await imageMaker())(0, run);
  let folder: string;
  let file: string;
  let web: WebOnLoopback;
  let environment: Record<string, string>;
  let producing: Record<string, string>;
  let service: Instance;
  let reader: StatsReader;
  let bucket: string;

  beforeAll(async () => {
    const stack = await sharedStack();
    folder = await mkdtemp(join(tmpdir(), 'darkroom-forms-'));
    file = join(folder, 'image.jpg');
    const jpeg = await image();
    await writeFile(file, jpeg);
    web = await WebOnLoopback.start();
    web.page('/moved.jpg', (_request, response) => response.writeHead(302, { location: '/image.jpg' }).end());
    web.page('/image.jpg', (_request, response) => response.end(jpeg));
    const kafka = new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
    mend(kafka);
    const topics = await createRunTopics(kafka, run);
    environment = {
      ...stack.environment(),
      ...topicVariables(topics),
      APPLICATION_ID: run,
      ROLES: 'develop',
      WORKERS: '1',
      HTTP_PORT: '0',
      REFERENCE_HOSTS: `127.0.0.1:${web.port}`,
      REFERENCE_SCHEMES: 'https,http',
      REFERENCE_ALLOW_PRIVATE: '127.0.0.1/32',
    };
    producing = {
      KAFKA_BROKERS: stack.addresses.kafka,
      SCHEMA_REGISTRY_URL: stack.addresses.registry,
      EXTERNAL_IMAGE_SCHEMA: SCHEMA,
      TOPIC_STREAM: topics.stream,
    };
    bucket = environment.S3_BUCKET ?? '';
    const { S3_ENDPOINT: endpoint = '', AWS_REGION: region = '' } = environment;
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
    const s3 = new S3Client({
      ...{ endpoint, region, forcePathStyle: true },
      credentials: { accessKeyId, secretAccessKey },
    });
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `references/${run}/image.jpg`, Body: jpeg }));
    s3.destroy();
    const codec = createRegistryCodec({
      ...{ url: stack.addresses.registry, requestTimeoutMs: 5_000 },
      topics: { imageStats: topics.stats },
    });
    service = new Instance('develop', environment);
    reader = new StatsReader(kafka, topics.stats, codec);
    await Promise.all([service.start(), codec.start(), reader.start()]);
  });

  afterAll(async () => {
    await service?.kill();
    await reader?.stop();
    await web?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const eventOf = async (imageId: string) => {
    await expect.poll(() => reader.events.has(imageId), { timeout: EVENT_MS }).toBe(true);
    expect(service.surprises).toEqual([]);
    return reader.events.get(imageId);
  };

  const placeOf = (form: (typeof FORMS)[number]) =>
    form === 'object'
      ? `s3://${bucket}/references/${run}/image.jpg`
      : form === 'url'
        ? `http://127.0.0.1:${web.port}/moved.jpg?${SECRET}`
        : file;

  async function send({ command, args }: ProducerExample, form: string, imageId: string, place: string) {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...producing };
    const given = [form === 'object' || form === 'url' ? 'reference' : form, 'acme', imageId, place];
    await promisify(execFile)(command, [...args, ...given], { env });
  }

  describe.each([
    ['TypeScript', typescriptExample],
    ['Python', pythonExample],
    ['Java', javaExample],
  ] as const)('from the example in %s', (language, example) => {
    let program: ProducerExample;
    beforeAll(async () => {
      program = await example();
    }, 600_000);

    it.each(FORMS)('%s', async (form) => {
      const name = `${language}-${form}`;
      await send(program, form, name, placeOf(form));
      const events = await eventOf(imageIdOfName('acme', name));
      expect(events).toMatchObject([
        { outcome: 'processed', code: null, customerId: 'acme', source: 'stream', type: 'jpeg' },
      ]);
    });
  });

  it.each(['bytes', 'json', 'avro', 'reference'])('from darkroom produce --form %s', async (form) => {
    const path = join(folder, `produced-${form}.jpg`);
    await writeFile(path, await image());
    const { PATH = '', HOME = '' } = process.env;
    const args = ['--disable-warning=TimeoutNegativeWarning', MAIN, 'produce', path];
    await promisify(execFile)(process.execPath, [...args, '--customer', 'birch', '--form', form], {
      env: { PATH, HOME, ...environment },
    });
    expect(await eventOf(imageIdOfName('birch', path))).toMatchObject([{ outcome: 'processed' }]);
  });

  it('a URL that leads nowhere is rejected, and its query is told nowhere', async () => {
    const program = await typescriptExample();
    await send(program, 'url', 'nowhere', `http://127.0.0.1:${web.port}/nowhere.jpg?${SECRET}`);
    const [event] = (await eventOf(imageIdOfName('acme', 'nowhere'))) ?? [];
    expect(event).toMatchObject({ outcome: 'rejected', code: 'URL_NOT_FOUND' });
    expect(JSON.stringify(event)).not.toContain('never-to-be-told');
    expect(service.words()).toContain('URL_NOT_FOUND');
    expect(service.words()).not.toContain('never-to-be-told');
  });

  it('a schema that the registry does not know is rejected with a code', async () => {
    const bytes = Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), Buffer.from('whatever')]);
    const kafka = new Kafka({
      brokers: [producing.KAFKA_BROKERS ?? ''],
      logLevel: logLevel.NOTHING,
    });
    const producer = kafka.producer();
    await producer.connect();
    const headers = { 'content-type': 'avro/binary', 'customer-id': 'acme', 'image-id': 'unknown-schema' };
    await producer.send({ topic: producing.TOPIC_STREAM ?? '', messages: [{ value: bytes, headers }] });
    await producer.disconnect();
    expect(await eventOf(imageIdOfName('acme', 'unknown-schema'))).toMatchObject([
      { outcome: 'rejected', code: 'AVRO_UNDECODABLE' },
    ]);
  });
});
