import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, DeleteBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { createS3Store, type S3Settings, type S3Store } from '../../src/sinks/s3.ts';
import { sharedStack } from '../shared-stack.ts';

/** What the road to S3 does: hands everything on, answers 503, or never answers. */
let road: 'open' | 'unavailable' | 'silent' = 'open';
let requests: string[] = [];
let stack: Stack;
let proxy: Server;
let settings: S3Settings;
let store: S3Store;
const held = new Set<ServerResponse>();
const options = { contentType: 'image/jpeg' };
const text = (value: string) => Buffer.from(value);

beforeAll(async () => {
  stack = await sharedStack();
  const { endpoint, region, accessKeyId, secretAccessKey, bucket } = stack.addresses.s3;
  const target = new URL(endpoint);
  proxy = createServer((incoming, outgoing) => {
    requests.push(incoming.method ?? '');
    if (road === 'silent') {
      held.add(outgoing);
      incoming.resume();
      return;
    }
    if (road === 'unavailable') {
      incoming.resume().on('end', () => outgoing.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'));
      return;
    }
    const { method, url, headers } = incoming;
    const onward = httpRequest(
      { host: target.hostname, port: target.port, method, path: url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  const { port } = proxy.address() as AddressInfo;
  settings = {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    credentials: { accessKeyId, secretAccessKey },
    bucket,
    forcePathStyle: true,
    concurrency: 16,
    timeoutMs: 1_000,
    maxRetryDelayMs: 100,
  };
  store = createS3Store(settings);
}, 120_000);

afterAll(async () => {
  await store?.close();
  for (const response of held) response.destroy();
  proxy?.closeAllConnections();
  proxy?.close();
});

beforeEach(() => {
  road = 'open';
  requests = [];
});

it('writes an object once: a repeat is reported with the facts of the one that is there', async () => {
  const key = `processed/${randomUUID()}/thumb.jpg`;
  expect(await store.put(key, text('rendition'), options)).toEqual({ key, bytes: 9, created: true });
  expect(await store.put(key, text('rendition'), options)).toEqual({ key, bytes: 9, created: false });
  expect(requests).toEqual(['PUT', 'PUT', 'HEAD']);
});

it('lets one of many writers at once create the object', async () => {
  const key = `race/${randomUUID()}`;
  const stored = await Promise.all(Array.from({ length: 12 }, () => store.put(key, text('same'), options)));
  expect(stored.filter(({ created }) => created)).toHaveLength(1);
});

it('never writes over another content, of whatever size', async () => {
  const key = `conflict/${randomUUID()}`;
  await store.put(key, text('first'), options);
  for (const other of ['other', 'longer than the first']) {
    await expect(store.put(key, text(other), options)).rejects.toMatchObject({
      code: 'S3_KEY_CONFLICT',
      disposition: 'dead-letter',
    });
  }
});

it('tells the size before the body is read, and refuses another', async () => {
  const { bucket } = settings;
  const key = `fetch/${randomUUID()}`;
  await store.put(key, text('twelve bytes'), options);
  expect(await store.head({ bucket, key }, {})).toMatchObject({ bytes: 12 });
  expect(await store.get({ bucket, key }, { expectedBytes: 12 })).toEqual({
    found: 'object',
    body: text('twelve bytes'),
    metadata: {},
  });
  expect(await store.get({ bucket, key }, { expectedBytes: 11 })).toEqual({
    found: 'size-differs',
    bytes: 12,
  });
});

it('says that nothing is there, for a key and for a version', async () => {
  const reference = { bucket: settings.bucket, key: `absent/${randomUUID()}` };
  expect(await store.head(reference, {})).toBeUndefined();
  expect(await store.get(reference, { expectedBytes: 1 })).toEqual({ found: 'nothing' });
});

it('waits while S3 is down, says so, and goes on by itself', async () => {
  road = 'unavailable';
  const keys = Array.from({ length: 20 }, (_, index) => `down/${randomUUID()}/${index}`);
  const puts = Promise.all(keys.map((key) => store.put(key, text('patience'), options)));
  while (!store.trouble()) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(store.trouble()?.reason).toContain('503');
  const sentSoFar = requests.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(requests.length - sentSoFar, 'one probe at a time, not twenty').toBeLessThan(60);
  road = 'open';
  expect((await puts).every(({ created }) => created)).toBe(true);
  expect(store.trouble()).toBeUndefined();
});

it('gives up a request that is never answered, and tries again', async () => {
  road = 'silent';
  const put = store.put(`silent/${randomUUID()}`, text('x'), options);
  while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  road = 'open';
  expect(await put).toMatchObject({ bytes: 1 });
});

it('stops waiting when it is called off', async () => {
  road = 'unavailable';
  const stop = new AbortController();
  const put = store.put(`stop/${randomUUID()}`, text('x'), { ...options, signal: stop.signal });
  setTimeout(() => stop.abort(new Error('called off')), 200);
  await expect(put).rejects.toThrow('called off');
  road = 'open';
  await store.head({ bucket: settings.bucket, key: 'any' }, {});
});

it('refuses to start with a bucket, a key or a secret that is wrong, and never repeats the secret', async () => {
  const { accessKeyId = '', secretAccessKey = '' } = settings.credentials ?? {};
  const wrong = async (change: Partial<S3Settings>, bucket = settings.bucket): Promise<unknown> => {
    const made = createS3Store({ ...settings, ...change });
    try {
      return await made.check([bucket], {}).then(
        () => 'started',
        (error: unknown) => error,
      );
    } finally {
      await made.close();
    }
  };
  expect(await wrong({})).toBe('started');
  const credentials = (key: string, secret: string) => ({
    credentials: { accessKeyId: key, secretAccessKey: secret },
  });
  const refusals = [
    [await wrong({}, 'no-such-bucket-here'), 'S3_BUCKET_MISSING'],
    [await wrong(credentials('AKIANOBODYKNOWSIT000', secretAccessKey)), 'S3_CREDENTIALS_REFUSED'],
    [await wrong(credentials(accessKeyId, 'wrong-secret')), 'S3_CREDENTIALS_REFUSED'],
  ] as const;
  for (const [error, code] of refusals) {
    expect(error).toMatchObject({ code, disposition: 'fail' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-secret');
  }
});

it('takes a bucket that is removed later for trouble, which ends when it is back', async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.s3;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const bucket = `later-${randomUUID()}`;
  const later = createS3Store({ ...settings, bucket });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await later.check([bucket], {});
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    const put = later.put('a', text('a'), options);
    while (!later.trouble()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(later.trouble()?.reason).toContain('create the bucket');
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    expect(await put).toMatchObject({ created: true });
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: 'b' }));
    expect(await later.put('b', text('b'), options), 'written by somebody else').toMatchObject({
      created: false,
    });
  } finally {
    await later.close();
    client.destroy();
  }
});
