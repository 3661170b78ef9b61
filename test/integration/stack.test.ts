import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { createTopics } from '../../dev/stack/topics.ts';
import { sharedStack } from '../shared-stack.ts';

const cli = fileURLToPath(new URL('../../dev/stack/cli.ts', import.meta.url));
const run = promisify(execFile);

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});

function s3With(change: { accessKeyId?: string; secretAccessKey?: string }): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.s3;
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey, ...change },
  });
}

function kafka(): Kafka {
  return new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const LEADERS_WITHIN = { timeout: 15_000, interval: 200 };

describe('the shared stack', () => {
  test('is healthy in all its parts', async () => {
    const health = await stack.health();
    expect(health.map(({ name, healthy }) => [name, healthy])).toEqual([
      ['kafka', true],
      ['registry', true],
      ['aws', true],
      ['redis', true],
      ['postgres', true],
      ['firehose', true],
    ]);
  });

  test('names every variable that the service reads', () => {
    expect(Object.keys(stack.environment()).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'FIREHOSE_ENDPOINT',
      'FIREHOSE_STREAM',
      'KAFKA_BROKERS',
      'REDIS_URL',
      'S3_BUCKET',
      'S3_ENDPOINT',
      'SCHEMA_REGISTRY_URL',
      'SQS_ENDPOINT',
      'UPLOADS_QUEUE_URL',
      'WAREHOUSE_URL',
    ]);
  });

  test("creates Darkroom's topics, and leaves them alone the second time", async () => {
    await createTopics(stack.addresses.kafka, { partitions: 3 });
    await createTopics(stack.addresses.kafka, { partitions: 5 });
    const admin = kafka().admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: ['image-uploads', 'image-stats'] });
    await admin.disconnect();
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
  });

  test('keeps versions of objects, for the key it gave out', async () => {
    const s3 = s3With({});
    const key = { Bucket: stack.addresses.s3.bucket, Key: 'stack-test/object' };
    const first = await s3.send(new PutObjectCommand({ ...key, Body: 'first' }));
    await s3.send(new PutObjectCommand({ ...key, Body: 'second' }));
    const object = await s3.send(new GetObjectCommand({ ...key, VersionId: first.VersionId }));
    expect(await object.Body?.transformToString()).toBe('first');
    s3.destroy();
  });

  test('refuses a wrong signature and a stranger', async () => {
    const key = { Bucket: stack.addresses.s3.bucket, Key: 'stack-test/refused' };
    const wrongSecret = s3With({ secretAccessKey: 'wrong' });
    await expect(wrongSecret.send(new PutObjectCommand({ ...key, Body: 'x' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
    wrongSecret.destroy();
    const { endpoint, bucket } = stack.addresses.s3;
    expect((await fetch(`${endpoint}/${bucket}/stack-test/object`)).status).toBe(403);
  });

  test('keeps ports, records and keys over kill -9 of a part', async () => {
    await createTopics(stack.addresses.kafka);
    const producer = kafka().producer({ idempotent: true });
    await producer.connect();
    await producer.send({ topic: 'image-dead-letter', messages: [{ key: 'stack-test', value: 'kept' }] });
    await producer.disconnect();
    const before = stack.component('kafka').pid;

    await Promise.all([stack.component('kafka').kill(), stack.component('aws').kill()]);
    const down = await stack.health();
    expect(down.filter(({ healthy }) => healthy).map(({ name }) => name)).toEqual([
      'registry',
      'redis',
      'postgres',
      'firehose',
    ]);
    await Promise.all([stack.component('kafka').start(), stack.component('aws').start()]);

    expect(stack.component('kafka').pid).not.toBe(before);
    const admin = kafka().admin();
    await admin.connect();
    // a broker that is back elects its leaders a moment later
    const offsets = await vi.waitFor(() => admin.fetchTopicOffsets('image-dead-letter'), LEADERS_WITHIN);
    await admin.disconnect();
    expect(offsets.reduce((sum, { offset }) => sum + Number(offset), 0)).toBeGreaterThan(0);
    const s3 = s3With({});
    const key = { Bucket: stack.addresses.s3.bucket, Key: 'stack-test/object' };
    expect(await (await s3.send(new GetObjectCommand(key))).Body?.transformToString()).toBe('second');
    s3.destroy();
  });

  test('keeps counters and rows over kill -9 of Redis and PostgreSQL, with clients connected', async () => {
    const redis = new Redis(stack.addresses.redis, { maxRetriesPerRequest: null });
    const sql = new pg.Client(stack.addresses.warehouse);
    sql.on('error', () => {}); // it is about to be cut off
    await sql.connect();
    await sql.query('CREATE TABLE stack_test AS SELECT 7 AS kept');
    await redis.set('stack-test', 'kept');
    await sleep(1100); // Redis writes to its disk every second
    const parts = [stack.component('redis'), stack.component('postgres')];
    await Promise.all(parts.map((part) => part.kill()));
    await Promise.all(parts.map((part) => part.start()));
    expect(await redis.get('stack-test')).toBe('kept');
    await redis.del('stack-test');
    redis.disconnect();
    const again = new pg.Client(stack.addresses.warehouse);
    await again.connect();
    expect((await again.query('SELECT kept FROM stack_test')).rows).toEqual([{ kept: 7 }]);
    await again.query('DROP TABLE stack_test');
    await again.end();
  });

  test('lets nobody into Redis and PostgreSQL without the password', async () => {
    const { hostname, port } = new URL(stack.addresses.redis);
    const redis = new Redis({ host: hostname, port: Number(port), lazyConnect: true, retryStrategy: null });
    redis.on('error', () => {}); // the command says so too
    await expect(redis.get('anything')).rejects.toThrow('NOAUTH');
    redis.disconnect();
    const address = new URL(stack.addresses.warehouse);
    address.password = 'wrong';
    const sql = new pg.Client(address.href);
    await expect(sql.connect()).rejects.toMatchObject({ code: '28P01' });
  });
});

describe('the end of whoever started a stack', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'by %s leaves no process and no folder',
    async (signal) => {
      const holder = fork(fileURLToPath(new URL('./hold-stack.ts', import.meta.url)));
      const [{ folder, pids }] = await once(holder, 'message');
      expect(existsSync(folder)).toBe(true);
      expect(pids.map(isAlive)).toEqual([true, true, true, true]);
      holder.kill(signal);
      await vi.waitFor(
        () => {
          expect(pids.map(isAlive)).toEqual([false, false, false, false]);
          expect(existsSync(folder)).toBe(false);
        },
        { timeout: 15_000, interval: 50 },
      );
    },
  );
});

describe('npm run stack', () => {
  test('brings it up once, tells where it is and how it is, and takes it down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-cli-'));
    const stackCommand = (name: string) => run(process.execPath, [cli, name, '--folder', folder]);
    try {
      const up = await stackCommand('up');
      const address = /Kafka +(\S+) +healthy/.exec(up.stdout)?.[1];
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
      const credentials = join(folder, 'credentials.env');
      expect(up.stdout).toContain(credentials);
      expect(statSync(credentials).mode & 0o777).toBe(0o600);
      expect(readFileSync(credentials, 'utf8')).toContain(`KAFKA_BROKERS=${address}\n`);
      const again = await stackCommand('up');
      expect(again.stdout).toContain('is up already');
      expect(again.stdout).toContain(address);
      await stackCommand('status');
    } finally {
      await stackCommand('down');
    }
    await expect(stackCommand('status')).rejects.toMatchObject({ code: 1 });
    await rm(folder, { recursive: true });
  });

  test('explains itself when it is used wrongly', async () => {
    const wrong = run(process.execPath, [cli, 'sideways']);
    await expect(wrong).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') });
  });

  test('names every program that is missing and how to get it, without a stack trace', async () => {
    const child = spawn(process.execPath, [cli, 'up', '--folder', join(tmpdir(), 'darkroom-never')], {
      env: { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere' },
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    await rm(join(tmpdir(), 'darkroom-never'), { recursive: true, force: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/no java in PATH.*apt-get install openjdk-17/);
    expect(stderr).toMatch(/no working mvn.*apt-get install maven/);
    expect(stderr).toMatch(/no python3.*apt-get install python3 python3-venv/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
