import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DevelopDeps } from '../../../src/app/deps.ts';
import type { Darkroom } from '../../../src/processors/types.ts';
import { imageIdOfName } from '../../../src/sources/image-id.ts';
import { StreamsError } from '../../../src/topology/index.ts';
import { batchBytes } from '../../../src/topology/task/write-limits.ts';
import { upload } from '../serdes/samples.ts';
import { codec, DevelopBench, headerOf, headersOf, jpeg, startDarkroom, topics } from './develop-bench.ts';
import { NO_POLICY } from './no-policy.ts';

let darkroom: Darkroom;
beforeAll(() => {
  darkroom = startDarkroom();
});
afterAll(() => darkroom.close());

let bench: DevelopBench | undefined;
afterEach(() => bench?.close());

async function open(change?: (deps: DevelopDeps) => Partial<DevelopDeps>): Promise<DevelopBench> {
  bench = await DevelopBench.open(darkroom, change);
  return bench;
}

const reference = { 'customer-id': 'acme', 'content-type': 'application/vnd.darkroom.reference+json' };

test('an image on the external stream becomes stored renditions and one event', async () => {
  const run = await open();
  const body = await jpeg(640, 480);
  await run.stream(body, { 'customer-id': 'acme', 'image-id': 'cat-1' });
  const [event, ...more] = await run.events();
  expect(more).toEqual([]);
  const sha256 = createHash('sha256').update(body).digest('hex');
  expect(event).toMatchObject({
    eventId: imageIdOfName('acme', 'cat-1'),
    customerId: 'acme',
    source: 'stream',
    outcome: 'processed',
    code: null,
    type: 'jpeg',
    width: 640,
    height: 480,
    bytes: body.length,
    sha256,
    receivedAt: 1_795_000_000_000,
    processedAt: 1_795_000_000_999,
    sourceTopic: 'image-stream',
    sourcePartition: 0,
    sourceOffset: 0,
  });
  expect(event?.renditions.length).toBeGreaterThan(0);
  for (const { key, bytes } of event?.renditions ?? []) {
    expect(key).toMatch(new RegExp(`^processed/acme/${event?.eventId}/[0-9a-f]{16}/[a-z]+\\.[a-z]+$`));
    expect((await run.readObject(key)).length).toBe(bytes);
  }
  expect(run.letters()).toEqual([]);
});

test('an upload is fetched and developed', async () => {
  const run = await open();
  const body = await jpeg();
  await run.putObject(upload.key, body);
  await run.upload(codec.encodeUpload({ ...upload, sizeBytes: body.length }));
  expect(await run.events()).toMatchObject([
    { eventId: upload.imageId, source: 'upload', outcome: 'processed', receivedAt: upload.receivedAt },
  ]);
});

test('the same image-id on both ways is one image: the second leaves no event', async () => {
  const run = await open();
  const body = await jpeg();
  const imageId = imageIdOfName('acme', 'cat-1');
  await run.putObject(upload.key, body);
  await run.upload(codec.encodeUpload({ ...upload, imageId, sizeBytes: null }));
  await run.stream(body, { 'customer-id': 'acme', 'image-id': 'cat-1' });
  const events = await run.events();
  expect(events).toMatchObject([{ eventId: imageId, source: 'upload', revision: 1 }]);
  expect(run.repeats).toMatchObject([{ eventId: imageId, source: 'stream' }]);
  expect(run.repeats[0]?.renditions).toEqual(events[0]?.renditions);
});

test("tells facts of an image in its event, the camera's only where its customer's policy lets it", async () => {
  const run = await open();
  const location = { GPSLatitude: '47/1 22/1 0/1', GPSLongitude: '8/1 33/1 0/1' };
  const body = await sharp(await jpeg(640, 480))
    .withExif({ IFD0: { Make: 'Fuji', Model: 'X100' }, IFD3: location })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const send = (name: string) => run.stream(body, { 'customer-id': 'acme', 'image-id': name });
  await send('silent');
  const policy = codec.encodePolicy({ ...NO_POLICY, camera: true });
  await run.driver.pipe({ topic: topics.imagePolicies, key: Buffer.from('acme'), value: policy });
  await send('open');
  await run.stream(body.subarray(0, 2_000), { 'customer-id': 'acme', 'image-id': 'cut' });
  const header = {
    width: 480,
    height: 640,
    megapixels: 0.3072,
    frames: 1,
    orientation: 6,
    colourSpace: 'srgb',
  };
  const facts = { ...header, hasAlpha: false, hasLocation: true };
  const look = {
    dominantColour: expect.stringMatching(/^#c[c-d]6[2-7]3[2-5]$/),
    palette: [expect.stringMatching(/^#c[c-d]6[2-7]3[2-5]$/)],
    thumbHash: expect.stringMatching(/^[\w+/]{20,}=*$/),
    perceptualHash: '0000000000000000',
  };
  const camera = { cameraMake: 'Fuji', cameraModel: 'X100' };
  const undecoded = { dominantColour: null, palette: null, thumbHash: null, perceptualHash: null };
  expect(await run.events()).toMatchObject([
    { outcome: 'processed', ...facts, ...look, cameraMake: null, cameraModel: null },
    { outcome: 'processed', ...facts, ...look, ...camera },
    { outcome: 'rejected', code: 'IMAGE_CORRUPT', ...facts, ...undecoded, ...camera },
  ]);
});

test("a customer's policy narrows what is allowed, from when it is set until it is deleted", async () => {
  const run = await open();
  const body = await jpeg();
  const policy = { ...NO_POLICY, formats: ['png'] };
  const put = (value: Buffer | null) =>
    run.driver.pipe({ topic: topics.imagePolicies, key: Buffer.from('acme'), value });
  await put(codec.encodePolicy(policy));
  await run.stream(body, { 'customer-id': 'acme' });
  await run.stream(body, { 'customer-id': 'birch' });
  await put(codec.encodePolicy({ ...policy, version: 2, formats: null, maxPixels: 4 }));
  await run.stream(body, { 'customer-id': 'acme' });
  await put(codec.encodePolicy({ ...policy, version: 3, formats: null }));
  await run.stream(body, { 'customer-id': 'acme' });
  await put(Buffer.from('no policy'));
  await run.stream(body, { 'customer-id': 'acme' });
  await put(null);
  await run.stream(body, { 'customer-id': 'acme' });
  const events = await run.events();
  expect(events).toMatchObject([
    { customerId: 'acme', outcome: 'rejected', code: 'FORMAT_NOT_ALLOWED' },
    { customerId: 'birch', outcome: 'processed' },
    { customerId: 'acme', outcome: 'rejected', code: 'IMAGE_TOO_MANY_PIXELS' },
    { customerId: 'acme', outcome: 'processed' },
    { customerId: 'acme', outcome: 'failed', code: 'POLICY_UNREADABLE' },
    { customerId: 'acme', outcome: 'processed' },
  ]);
  // the version of a policy is part of the result's name
  const version = (n: number) => events[n]?.renditions[0]?.key.split('/')[3];
  expect(version(3)).not.toBe(version(5));
});

test.each([
  ['maxBytes', 100, 'IMAGE_TOO_LARGE'],
  ['maxPixels', 1000, 'IMAGE_TOO_MANY_PIXELS'],
  ['maxSidePx', 319, 'IMAGE_SIDE_TOO_LONG'],
  ['maxRatio', 3, 'IMAGE_RATIO_TOO_HIGH'],
  ['maxDecoderBytes', 1024 * 1024, 'IMAGE_DECODER_MEMORY'],
  ['maxFrames', 2, 'IMAGE_TOO_MANY_FRAMES'],
] as const)("a customer's %s holds for its images alone", async (field, value, code) => {
  const run = await open();
  const frames = [10, 90, 200].map((level) =>
    sharp({ create: { width: 32, height: 32, channels: 3, background: { r: level, g: 9, b: 9 } } })
      .png()
      .toBuffer(),
  );
  const moving = sharp(await Promise.all(frames), { join: { animated: true } });
  const body = field === 'maxFrames' ? await moving.gif().toBuffer() : await jpeg(320, 240);
  await run.driver.pipe({
    topic: topics.imagePolicies,
    key: Buffer.from('acme'),
    value: codec.encodePolicy({ ...NO_POLICY, [field]: value }),
  });
  await run.stream(body, { 'customer-id': 'acme' });
  await run.stream(body, { 'customer-id': 'birch' });
  expect(await run.events()).toMatchObject([
    { customerId: 'acme', outcome: 'rejected', code },
    { customerId: 'birch', outcome: 'processed' },
  ]);
});

test('dead-letters a record that cannot be decoded, as it came, and goes on', async () => {
  const run = await open();
  const bad = Buffer.from('no Avro at all');
  await run.upload(bad);
  await run.stream(await jpeg(), { 'customer-id': 'acme' });
  const [rejected, processed] = await run.events();
  expect(rejected).toMatchObject({
    outcome: 'rejected',
    code: 'AVRO_UNDECODABLE',
    customerId: 'unknown',
    type: 'unknown',
  });
  expect(processed).toMatchObject({ outcome: 'processed' });
  const [letter, ...more] = run.letters();
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ key: Buffer.from('k'), value: bad });
  const names = ['exception', 'message', 'topic', 'partition', 'offset'];
  expect(names.map((name) => headerOf(letter, `__streams.errors.${name}`))).toEqual([
    'AVRO_UNDECODABLE',
    rejected?.reason,
    'image-uploads',
    '0',
    '0',
  ]);
  expect(headerOf(letter, 'darkroom.image-id')).toBe(rejected?.eventId);
});

test('keeps key, headers, value and time of a refused image in its letter', async () => {
  const run = await open();
  const headers = { 'customer-id': 'acme', trace: 'abc', 'darkroom.outcome': 'forged' };
  await run.stream('this is no image', headers, Buffer.from('camera-7'));
  const [letter] = run.letters();
  expect(letter).toMatchObject({
    key: Buffer.from('camera-7'),
    value: Buffer.from('this is no image'),
    timestamp: 1_795_000_000_000,
  });
  expect(headerOf(letter, 'trace')).toBe('abc');
  expect(letter?.headers.filter(([name]) => name === 'darkroom.outcome')).toEqual(
    headersOf({ 'darkroom.outcome': 'rejected' }),
  );
  expect(await run.events()).toMatchObject([{ outcome: 'rejected', code: 'FORMAT_UNKNOWN' }]);
});

test('one event an image, in the order of arrival, good ones and bad ones mixed', async () => {
  const run = await open();
  const big = await jpeg(3000, 2000);
  const small = await jpeg(32, 32);
  const bodies = [big, Buffer.from('bad'), small, null, small, big.subarray(0, 500), small];
  await Promise.all(
    bodies.map((body, i) => run.stream(body, { 'customer-id': 'acme', 'image-id': String(i) })),
  );
  const events = await run.events();
  expect(events.map(({ eventId }) => eventId)).toEqual(
    bodies.map((body, i) =>
      body === null ? expect.stringMatching(/^[0-9a-f]{32}$/) : imageIdOfName('acme', String(i)),
    ),
  );
  expect(events.map(({ outcome }) => outcome)).toEqual(
    bodies.map((body) => (body === big || body === small ? 'processed' : 'rejected')),
  );
  expect(run.outcomes.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
  expect(run.letters()).toHaveLength(3);
});

test('a large body goes to dead/, and the letter says where and what', async () => {
  const run = await open();
  const body = Buffer.alloc(512 * 1024 + 1, 7);
  await run.stream(body, { 'customer-id': 'acme', 'image-id': 'big' });
  const [letter] = run.letters();
  const key = headerOf(letter, 'darkroom.body-key') ?? '';
  expect(letter?.value).toBeNull();
  expect(key).toBe(`dead/${imageIdOfName('acme', 'big')}/${headerOf(letter, 'darkroom.body-sha256')}`);
  expect(headerOf(letter, 'darkroom.body-bucket')).toBe('images');
  expect(headerOf(letter, 'darkroom.body-bytes')).toBe(String(body.length));
  expect((await run.readObject(key)).equals(body)).toBe(true);
  expect(createHash('sha256').update(body).digest('hex')).toBe(headerOf(letter, 'darkroom.body-sha256'));
});

test('a letter fits a Kafka record whatever its key and headers are', async () => {
  const run = await open();
  const headers: Record<string, string> = { 'customer-id': 'acme' };
  for (let i = 0; i < 300; i++) headers[`h${i}`] = 'ü'.repeat(1000);
  await run.stream(Buffer.alloc(512 * 1024), headers, Buffer.alloc(200 * 1024));
  const [letter] = run.letters();
  const size =
    (letter?.key?.length ?? 0) +
    (letter?.value?.length ?? 0) +
    (letter?.headers ?? []).reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  expect(size).toBeLessThan(1_000_000);
  expect(letter?.key).toBeNull();
  expect(headerOf(letter, 'darkroom.key-bytes')).toBe(String(200 * 1024));
  expect(headerOf(letter, 'h0')).toBe('ü'.repeat(512));
  expect(headerOf(letter, '__streams.errors.exception')).toBe('FORMAT_UNKNOWN');
});

test('a letter fits a Kafka record with as many headers as a record can hold, and is not stamped ahead of the clock', async () => {
  const run = await open();
  const headers = Array.from({ length: 150_000 }, () => ['', null] as const);
  const value = Buffer.alloc(512 * 1024);
  await run.driver.pipe({
    topic: topics.imageStream,
    key: null,
    value,
    headers,
    timestamp: 1_795_007_200_000,
  });
  const [letter] = run.letters();
  expect(letter && batchBytes(letter)).toBeLessThan(1_000_000);
  expect(letter?.value).toEqual(value);
  expect(letter?.timestamp).toBe(1_795_000_000_999);
});

test("a refused image that was referred to leaves its reference as the letter, not the image's bytes", async () => {
  const run = await open();
  await run.putObject('in/text.jpg', Buffer.alloc(600 * 1024, 1));
  const value = JSON.stringify({ bucket: 'images', key: 'in/text.jpg' });
  await run.stream(value, reference);
  const [letter] = run.letters();
  expect(letter?.value?.toString()).toBe(value);
  await expect(run.objects('dead')).rejects.toThrow('ENOENT');
  expect(await run.events()).toMatchObject([{ code: 'FORMAT_UNKNOWN', bytes: 600 * 1024 }]);
});

test.each([
  ['is not there', { key: 'nowhere.jpg' }, 'OBJECT_MISSING', 0],
  ['is not there, its size given', { key: 'nowhere.jpg', sizeBytes: 5 }, 'OBJECT_MISSING', 1],
  ['has another size', { key: 'in/x.jpg', sizeBytes: 5 }, 'OBJECT_SIZE_DIFFERS', 1],
  ['is too large, never fetched', { key: 'in/x.jpg', sizeBytes: 2 ** 40 }, 'IMAGE_TOO_LARGE', 0],
  [
    'is in a strange bucket, never fetched',
    { bucket: 'secrets', key: 'in/x.jpg' },
    'REFERENCE_NOT_ALLOWED',
    0,
  ],
])('an object that %s is a dead letter', async (_name, object, code, gets) => {
  const run = await open();
  await run.putObject('in/x.jpg', await jpeg());
  await run.stream(JSON.stringify({ bucket: 'images', ...object }), reference);
  expect(await run.events()).toMatchObject([{ outcome: 'rejected', code, customerId: 'acme' }]);
  expect(run.letters()).toHaveLength(1);
  expect(run.fetched).toHaveLength(gets);
});

test('an object that was overwritten between its two requests is asked for again', async () => {
  let heads = 0;
  const run = await open(({ fetcher }) => ({
    fetcher: { ...fetcher, head: async (ref, o) => (heads++ === 0 ? { bytes: 1 } : fetcher.head(ref, o)) },
  }));
  await run.putObject('in/x.jpg', await jpeg());
  await run.stream(JSON.stringify({ bucket: 'images', key: 'in/x.jpg' }), reference);
  expect(await run.events()).toMatchObject([{ outcome: 'processed' }]);
  expect(heads).toBe(2);
});

test.each(['fetcher', 'archive', 'codec'] as const)(
  'a %s that is away for a while makes no dead letter',
  async (part) => {
    let failures = 3;
    const away = async () => {
      if (failures-- > 0) throw new StreamsError('AWAY', 'retry', 'it is away');
    };
    const run = await open(({ fetcher, archive, codec: own }) => ({
      fetcher: {
        ...fetcher,
        get: (...args) => (part === 'fetcher' ? away() : done()).then(() => fetcher.get(...args)),
      },
      archive: { put: (...args) => (part === 'archive' ? away() : done()).then(() => archive.put(...args)) },
      codec: {
        ...own,
        decodeUpload: (bytes) => (part === 'codec' ? away() : done()).then(() => own.decodeUpload(bytes)),
      },
    }));
    const body = await jpeg();
    await run.putObject(upload.key, body);
    await run.upload(codec.encodeUpload({ ...upload, sizeBytes: body.length }));
    expect(await run.events()).toMatchObject([{ outcome: 'processed' }]);
    expect(run.letters()).toEqual([]);
    expect(failures).toBeLessThanOrEqual(0);
  },
);

test.each([
  ['fetched', 'get'],
  ['archived', 'put'],
] as const)('an object that may not be %s fails that image only', async (_name, part) => {
  const denied = (key: string) => {
    if (key.includes('denied')) throw new StreamsError('S3_ACCESS_DENIED', 'dead-letter', 'not allowed');
  };
  const run = await open(({ fetcher, archive }) => ({
    fetcher: {
      ...fetcher,
      get: async (object, options) => {
        if (part === 'get') denied(object.key);
        return fetcher.get(object, options);
      },
    },
    archive: {
      put: async (key, body, options) => {
        if (part === 'put') denied(key);
        return archive.put(key, body, options);
      },
    },
  }));
  await run.putObject('in/denied.jpg', await jpeg());
  const value = JSON.stringify({ bucket: 'images', key: 'in/denied.jpg' });
  await run.stream(value, { ...reference, 'customer-id': 'denied' });
  await run.stream(await jpeg(), { 'customer-id': 'acme' });
  const [failed, processed] = await run.events();
  expect(failed).toMatchObject({ outcome: 'failed', code: 'S3_ACCESS_DENIED', customerId: 'denied' });
  expect(processed).toMatchObject({ outcome: 'processed' });
  expect(run.letters()).toHaveLength(1);
});

test('a large body that the store will not have leaves the letter without it', async () => {
  const run = await open(() => ({
    archive: {
      put: async () => {
        throw new StreamsError('S3_REQUEST_REFUSED', 'dead-letter', 'not allowed');
      },
    },
  }));
  await run.stream(Buffer.alloc(600 * 1024), { 'customer-id': 'acme' });
  const [letter] = run.letters();
  expect(letter?.value).toBeNull();
  expect(headerOf(letter, 'darkroom.body-key')).toBeUndefined();
  expect(headerOf(letter, 'darkroom.body-bytes')).toBe(String(600 * 1024));
});

test('the statistic carries none of the headers that came with the image', async () => {
  const run = await open();
  await run.stream(await jpeg(), { 'customer-id': 'acme', secret: 'x' });
  expect(run.driver.readOutput('image-stats')).toMatchObject([{ headers: [] }]);
});

const done = async () => {};

test('a record whose producer stamped no time is processed like any other', async () => {
  const run = await open();
  const headers = headersOf({ 'customer-id': 'acme' });
  await run.driver.pipe({ topic: 'image-stream', key: null, value: await jpeg(), timestamp: -1, headers });
  expect(await run.events()).toMatchObject([{ outcome: 'processed', customerId: 'acme' }]);
});

test('a record of any form that cannot be used is a letter with its bytes, and its image has its event', async () => {
  const run = await open();
  const json = 'application/vnd.darkroom.image+json';
  const values = [
    ['no Avro', { 'content-type': 'avro/binary', 'customer-id': 'acme' }, 'AVRO_UNDECODABLE'],
    ['{}', { 'content-type': json, 'customer-id': 'acme' }, 'JSON_INVALID'],
    [
      '{"image":"AAAA","customerId":"birch"}',
      { 'content-type': json, 'customer-id': 'acme' },
      'FIELDS_CONFLICT',
    ],
    ['x', { 'customer-id': 'acme', 'focal-point': 'left' }, 'FOCAL_POINT_INVALID'],
    ['x', { 'customer-id': 'acme', pipeline: 'none-such' }, 'PIPELINE_UNKNOWN'],
    ['{"url":"https://a.example/?sig=secret"}', reference, 'URL_NOT_ALLOWED'],
  ] as const;
  for (const [value, headers] of values) await run.stream(value, headers);
  const events = await run.events();
  expect(events.map(({ outcome, code }) => [outcome, code])).toEqual(
    values.map(([, , code]) => ['rejected', code]),
  );
  expect(JSON.stringify(events)).not.toContain('secret');
  expect(run.letters().map(({ value }) => value?.toString())).toEqual(values.map(([value]) => value));
});

test('an image at a URL is developed, one that cannot be had fails alone', async () => {
  const body = await jpeg();
  const asked: object[] = [];
  const run = await open(() => ({
    urls: {
      get: async ({ url }, { maxBytes, reserve }) => {
        await reserve(body.length);
        asked.push({ url, maxBytes });
        if (url.endsWith('/a.jpg')) return { found: 'image', body };
        const problem = { code: 'URL_TIMEOUT', reason: 'no answer' };
        return { found: 'none', outcome: 'failed', problem };
      },
    },
    maxImageBytes: 1_000_000,
  }));
  for (const path of ['a', 'b'])
    await run.stream(JSON.stringify({ url: `https://x.example/${path}.jpg` }), reference);
  expect(await run.events()).toMatchObject([
    { outcome: 'processed', type: 'jpeg', source: 'stream' },
    { outcome: 'failed', code: 'URL_TIMEOUT' },
  ]);
  expect(asked[0]).toEqual({ url: 'https://x.example/a.jpg', maxBytes: 1_000_000 });
});

test('an image in Avro or JSON becomes the same as its bytes do', async () => {
  const run = await open();
  const image = await jpeg();
  const nothing = { createdAt: null, contentType: null, focalPoint: null, pipeline: null };
  await run.stream(image, { 'customer-id': 'acme', 'image-id': 'one' });
  const avro = codec.encodeExternal({ ...nothing, image, customerId: 'acme', imageId: 'two' });
  await run.stream(avro, { 'content-type': 'avro/binary' });
  const json = JSON.stringify({ image: image.toString('base64'), customerId: 'acme', imageId: 'three' });
  await run.stream(json, { 'content-type': 'application/json' });
  const events = await run.events();
  expect(events.map(({ eventId }) => eventId)).toEqual(
    ['one', 'two', 'three'].map((name) => imageIdOfName('acme', name)),
  );
  expect(new Set(events.map(({ outcome, sha256, bytes }) => `${outcome} ${sha256} ${bytes}`)).size).toBe(1);
});

test('the focal point is part of the name of the result: another crop is no other content of one key', async () => {
  const run = await open();
  const body = await jpeg();
  const name = { 'customer-id': 'acme', 'image-id': 'one' };
  await run.stream(body, name);
  await run.stream(body, { ...name, 'focal-point': '0.2,0.2' });
  await run.stream(body, { ...name, 'focal-point': '0.8,0.2' });
  await run.stream(body, { ...name, 'focal-point': '.20,0.20' });
  const keys = [...(await run.events()), ...run.repeats].map(({ renditions }) => renditions[0]?.key);
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(3);
  expect(keys[3]).toBe(keys[1]);
  expect(run.letters()).toEqual([]);
});
