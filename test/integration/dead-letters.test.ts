import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { mend } from '../../src/topology/kafka/mended.ts';
import { imageMaker } from '../faults/harness/images.ts';
import { Instance } from '../faults/harness/instance.ts';
import { StatsReader } from '../faults/harness/stats-reader.ts';
import { createRunTopics, type RunTopics, topicVariables } from '../faults/harness/topics.ts';
import { sharedStack } from '../shared-stack.ts';
import { EngineLab } from '../support/engine-lab.ts';

const EVENT_MS = 30_000;
const TOPIC = 2; // what Kafka calls the resource
const LETTER_BYTES = 20_000;
const HOUR_MS = 3_600_000;
const NEVER_REFUSED = '9223372036854775807';

describe('a dead letter that its topic would not take as it is', () => {
  const run = `letters-${Date.now().toString(36)}`;
  let lab: EngineLab;
  let topics: RunTopics;
  let service: Instance;
  let reader: StatsReader;
  let kafka: Kafka;

  beforeAll(async () => {
    const stack = await sharedStack();
    lab = await EngineLab.open(stack.addresses.kafka);
    kafka = new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
    mend(kafka);
    topics = await createRunTopics(kafka, run);
    const change = (name: string, setting: string, value: string) => ({
      ...{ type: TOPIC, name, configEntries: [{ name: setting, value }] },
    });
    await lab.admin.alterConfigs({
      validateOnly: false,
      resources: [
        change(topics.deadLetters, 'max.message.bytes', String(LETTER_BYTES)),
        change(topics.stream, 'message.timestamp.after.max.ms', NEVER_REFUSED),
      ],
    });
    const codec = createRegistryCodec({
      ...{ url: stack.addresses.registry, requestTimeoutMs: 10_000 },
      topics: { imageStats: topics.stats },
    });
    service = new Instance('develop', {
      ...stack.environment(),
      ...topicVariables(topics),
      ...{ APPLICATION_ID: run, ROLES: 'develop', WORKERS: '1', HTTP_PORT: '0' },
    });
    reader = new StatsReader(kafka, topics.stats, codec);
    await Promise.all([service.start(), codec.start(), reader.start()]);
  });

  afterAll(async () => {
    await service?.kill();
    await reader?.stop();
    await lab?.close();
  });

  it('goes without what is too large, or with another time, and stops nothing', async () => {
    const image = await (await imageMaker())(0, run);
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const send = async (name: string, value: Buffer, more: object = {}, timestamp = Date.now()) => {
      const headers = { 'customer-id': 'acme', 'image-id': name, ...more };
      const messages = [{ partition: 0, value, headers, timestamp: String(timestamp) }];
      await producer.send({ topic: topics.stream, messages });
    };
    await send('large', Buffer.alloc(2 * LETTER_BYTES));
    await send('many headers', Buffer.alloc(10), { h: Array.from({ length: 100_000 }, () => 'x') });
    await send('tomorrow', Buffer.alloc(10), {}, Date.now() + 24 * HOUR_MS);
    await send('good', image);
    await producer.disconnect();

    const eventOf = (name: string) => reader.events.get(imageIdOfName('acme', name));
    await expect.poll(() => eventOf('good'), { timeout: EVENT_MS }).toMatchObject([{ outcome: 'processed' }]);
    for (const name of ['large', 'many headers', 'tomorrow'])
      expect(eventOf(name)).toMatchObject([{ outcome: 'rejected', code: 'FORMAT_UNKNOWN' }]);
    expect(service.surprises).toEqual([]);

    const letters = await lab.readAll(topics.deadLetters);
    const told = letters.map(({ value, headers }) => {
      const header = (name: string) =>
        headers.find(([is]) => is === `__streams.errors.${name}`)?.[1]?.toString();
      return [header('offset'), header('exception'), value?.length];
    });
    expect(told.sort()).toEqual([
      // they have no key, and lie on any partition
      ['0', 'RECORD_TOO_LARGE', undefined],
      ['1', 'RECORD_TOO_LARGE', undefined],
      ['2', 'FORMAT_UNKNOWN', 10],
    ]);
  });
});
