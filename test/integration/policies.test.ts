import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { mend } from '../../src/topology/kafka/mended.ts';
import { imageMaker } from '../faults/harness/images.ts';
import { Instance } from '../faults/harness/instance.ts';
import { StatsReader } from '../faults/harness/stats-reader.ts';
import { createRunTopics, type RunTopics, topicVariables } from '../faults/harness/topics.ts';
import { sharedStack } from '../shared-stack.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** A policy holds for what is sent so long after it was set. */
const APPLIED_MS = 1_000;
const EVENT_MS = 30_000;

describe('darkroom policies, on a service that runs', () => {
  const run = `policies-${Date.now().toString(36)}`;
  let environment: Record<string, string>;
  let topics: RunTopics;
  let service: Instance;
  let producer: Producer;
  let reader: StatsReader;
  let jpeg: Buffer;
  let http: string;

  beforeAll(async () => {
    const stack = await sharedStack();
    const kafka = new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
    mend(kafka);
    topics = await createRunTopics(kafka, run);
    environment = {
      ...stack.environment(),
      ...topicVariables(topics),
      APPLICATION_ID: run,
      ROLES: 'develop',
      WORKERS: '1',
      HTTP_PORT: '0',
    };
    const names = { imageUploads: topics.uploads, imageStats: topics.stats };
    const codec = createRegistryCodec({
      url: stack.addresses.registry,
      requestTimeoutMs: 5_000,
      topics: names,
    });
    service = new Instance('develop', environment);
    producer = kafka.producer({ idempotent: true });
    reader = new StatsReader(kafka, topics.stats, codec);
    jpeg = (await imageMaker())(0, run);
    await Promise.all([start(), producer.connect(), codec.start(), reader.start()]);
  });
  afterAll(async () => {
    await service.kill();
    await Promise.all([producer.disconnect(), reader.stop()]);
  });

  async function start(): Promise<void> {
    await service.start();
    http = /"http":"([^"]+)"/.exec(service.words())?.[1] ?? '';
  }

  async function policies(...args: readonly string[]): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...environment };
    const program = ['--disable-warning=TimeoutNegativeWarning', MAIN, 'policies', ...args];
    return (await promisify(execFile)(process.execPath, program, { env })).stdout;
  }

  let sent = 0;
  const send = async (customer: string, name: string) => {
    const headers = { 'customer-id': customer, 'image-id': name };
    await producer.send({
      topic: topics.stream,
      messages: [{ partition: sent++ % 4, value: jpeg, headers }],
    });
    return imageIdOfName(customer, name);
  };

  /** What becomes of a JPEG that the customer sends now. */
  async function outcome(customer: string): Promise<Pick<ImageProcessed, 'outcome' | 'code'>> {
    const imageId = await send(customer, `image-${sent}`);
    await expect.poll(() => reader.events.get(imageId)?.length, { timeout: EVENT_MS }).toBe(1);
    const [event] = reader.events.get(imageId) ?? [];
    if (!event) throw new Error('the event has gone');
    return { outcome: event.outcome, code: event.code };
  }
  const processed = { outcome: 'processed', code: null };
  const formatRejected = { outcome: 'rejected', code: 'FORMAT_NOT_ALLOWED' };

  it('sets, lists and deletes a policy, and it is applied within a second', async () => {
    expect(await policies('list')).toBe('no customer has a policy\n');
    expect(await outcome('acme')).toEqual(processed);

    const set = JSON.parse(await policies('set', 'acme', '--formats', 'png,webp', '--json'));
    expect(set).toMatchObject({
      customer: 'acme',
      version: 1,
      formats: ['png', 'webp'],
      maxBytes: null,
    });
    await delay(APPLIED_MS);
    expect(await outcome('acme')).toEqual(formatRejected);
    expect(await outcome('birch')).toEqual(processed);

    await policies('set', 'acme', '--max-pixels', '10000');
    await policies('set', 'birch', '--max-bytes', '5MiB', '--max-frames', '3');
    expect(await policies('list')).toBe(
      'acme  version 2  at most 10000 pixels\nbirch  version 1  at most 5242880 bytes, at most 3 frames\n',
    );
    await delay(APPLIED_MS);
    expect(await outcome('acme')).toEqual({ outcome: 'rejected', code: 'IMAGE_TOO_MANY_PIXELS' });
    expect(await outcome('birch')).toEqual(processed);

    expect(await policies('delete', 'acme')).toBe('acme has no policy any more\n');
    expect((await policies('list', '--json')).trim().split('\n')).toHaveLength(1);
    await delay(APPLIED_MS);
    expect(await outcome('acme')).toEqual(processed);
    await expect(policies('delete', 'acme')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('acme has no policy'),
    });
  }, 180_000);

  it('is there when the service says that it is ready', async () => {
    await policies('set', 'cobalt', '--formats', 'png');
    await service.terminate();
    await start();
    expect(await outcome('cobalt')).toEqual(formatRejected);
  }, 120_000);

  it('has no second event for an image that comes again to another partition, and tells of it in a metric', async () => {
    const imageId = await send('acme', 'again');
    await send('acme', 'again');
    const repeats = async () =>
      /^darkroom_image_repeats_total\{role="develop"\} (\d+)$/m.exec(
        await (await fetch(`${http}/metrics`)).text(),
      )?.[1];
    await expect.poll(repeats, { timeout: EVENT_MS }).toBe('1');
    await outcome('acme');
    expect(reader.events.get(imageId)).toHaveLength(1);
  }, 60_000);
});
