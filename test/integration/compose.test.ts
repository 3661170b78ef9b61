// docker-compose.yml as a user starts it, on ports of its own, with an image built from this tree.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makePhotograph } from '../../dev/samples/index.ts';
import { docker, engineAnswers } from '../../dev/stack/containers/engine.ts';
import { freePorts } from '../../dev/stack/native/ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 600_000;
const project = `darkroom-test-${randomUUID().slice(0, 8)}`;
const PORTS = [
  'DEVELOP_PORT',
  'INTAKE_PORT',
  'KAFKA_PORT',
  'REGISTRY_PORT',
  'AWS_PORT',
  'REDIS_PORT',
  'POSTGRES_PORT',
  'FIREHOSE_PORT',
  'WAREHOUSE_PORT',
  'COUNTERS_PORT',
  'COUNTS_PORT',
  'LOAD_PORT',
] as const;

describe.skipIf(!(await engineAnswers()))('docker compose up --wait', () => {
  let env: NodeJS.ProcessEnv;
  const compose = (...args: string[]) => docker(['compose', '-p', project, ...args], { env, cwd: root });
  const at = (name: (typeof PORTS)[number]) => `127.0.0.1:${env[name]}`;

  beforeAll(async () => {
    const ports = await freePorts(PORTS.length);
    const moved = Object.fromEntries(PORTS.map((name, index) => [name, String(ports[index])]));
    env = { ...process.env, ...moved, DARKROOM_IMAGE: project };
    await compose('up', '--detach', '--wait', '--build');
  }, START_MS);

  afterAll(async () => {
    await compose('down', '--volumes', '--timeout', '5');
    await docker(['image', 'rm', project]);
  }, START_MS);

  async function upload(bytes: Buffer): Promise<void> {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = parseEnv(
      await compose('exec', '-T', 'develop', 'cat', '/run/darkroom/key.env'),
    );
    const s3 = new S3Client({
      endpoint: `http://${at('AWS_PORT')}`,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    });
    const key = { Bucket: 'darkroom', Key: `incoming/acme/${randomUUID()}/photograph.jpg` };
    await s3.send(new PutObjectCommand({ ...key, Body: bytes }));
    s3.destroy();
  }

  /** What all counters in Redis say, over partitions and days. */
  async function countedInRedis(): Promise<Record<string, number>> {
    const redis = new Redis(`redis://:darkroom@${at('REDIS_PORT')}`);
    try {
      const counts: Record<string, number> = {};
      for (const key of await redis.keys('darkroom:*:counts:*')) {
        for (const [what, count] of Object.entries(await redis.hgetall(key))) {
          counts[what] = (counts[what] ?? 0) + Number(count);
        }
      }
      return counts;
    } finally {
      redis.disconnect();
    }
  }

  async function countedInWarehouse(): Promise<unknown[]> {
    const sql = new pg.Client(`postgres://darkroom:darkroom@${at('POSTGRES_PORT')}/darkroom`);
    await sql.connect();
    try {
      const view = 'darkroom.images_by_customer_type_day';
      return (await sql.query(`SELECT customer_id, type, outcome, images FROM ${view}`)).rows;
    } finally {
      await sql.end();
    }
  }

  test('turns an upload into an event', async () => {
    await upload(await makePhotograph(1, 800, 600));

    const registry = new SchemaRegistry({ host: `http://${at('REGISTRY_PORT')}/apis/ccompat/v7` });
    const kafka = new Kafka({ brokers: [at('KAFKA_PORT')], logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: project });
    const events: unknown[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: 'image-stats', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value) events.push(await registry.decode(message.value));
      },
    });
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 30_000 });
    await consumer.disconnect();
    expect(events[0]).toMatchObject({
      customerId: 'acme',
      source: 'upload',
      outcome: 'processed',
      type: 'jpeg',
      width: 800,
      height: 600,
    });
  });

  test('counts it in Redis and in the warehouse', async () => {
    const counted = { timeout: 45_000, interval: 500 };
    await vi.waitFor(
      async () => expect(await countedInRedis()).toEqual({ '["acme","jpeg","processed"]': 1 }),
      counted,
    );
    await vi.waitFor(
      async () =>
        expect(await countedInWarehouse()).toEqual([
          { customer_id: 'acme', type: 'jpeg', outcome: 'processed', images: '1' },
        ]),
      counted,
    );
  }, 100_000);

  test('has an image that is healthy while it waits for services, and not ready', async () => {
    const settings = {
      KAFKA_BROKERS: '127.0.0.1:9',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9',
      S3_BUCKET: 'darkroom',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const id = (await docker(['run', '--detach', ...flags, project])).trim();
    try {
      const inspect = (format: string) => docker(['inspect', '--format', format, id]);
      await vi.waitFor(async () => expect(await inspect('{{.State.Health.Status}}')).toBe('healthy\n'), {
        timeout: 30_000,
        interval: 500,
      });
      const ask = "fetch('http://127.0.0.1:8080/health/ready').then(({ status }) => console.log(status))";
      expect(await docker(['exec', id, 'node', '-e', ask])).toBe('503\n');
      await docker(['stop', id]);
      expect(await inspect('{{.State.ExitCode}}')).toBe('0\n');
    } finally {
      await docker(['rm', '--force', id]);
    }
  });

  test('runs the service as nobody in particular, and without a secret in its image', async () => {
    expect((await compose('exec', '-T', 'develop', 'id', '-u')).trim()).toBe('1000');
    const { Env } = JSON.parse(await docker(['image', 'inspect', '--format', '{{json .Config}}', project]));
    expect(Env.join('\n')).not.toMatch(/SECRET|PASSWORD|ACCESS_KEY/);
  });

  test('ends the service in order on SIGTERM', async () => {
    await compose('stop', 'develop');
    const id = (await compose('ps', '--all', '--quiet', 'develop')).trim();
    expect((await docker(['inspect', '--format', '{{.State.ExitCode}}', id])).trim()).toBe('0');
    expect(await compose('logs', '--no-log-prefix', 'develop')).toContain('"msg":"ended"');
  });
});
