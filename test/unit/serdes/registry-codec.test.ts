import avro from 'avsc';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/serdes/json.ts';
import { createRegistryCodec } from '../../../src/serdes/registry-codec.ts';
import { RegistryOnLoopback } from './registry-on-loopback.ts';
import { processed, upload } from './samples.ts';

let registry: RegistryOnLoopback;
beforeEach(async () => {
  registry = await RegistryOnLoopback.start();
});
afterEach(() => registry.stop());

const topics = { imageUploads: 'image-uploads', imageStats: 'image-stats' };
const codecOf = (options: { unknownIdTtlMs?: number } = {}) =>
  createRegistryCodec({ url: registry.url, topics, requestTimeoutMs: 300, ...options });

/** A message in the wire format. */
const framed = (id: number, payload: Buffer) => {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, payload]);
};

test('what one instance encodes another decodes, times as milliseconds', async () => {
  const codec = codecOf();
  await codec.start();
  const reader = codecOf();
  expect(await reader.decodeUpload(codec.encodeUpload(upload))).toEqual({ ok: true, value: upload });
  expect(await reader.decodeProcessed(codec.encodeProcessed(processed))).toEqual({
    ok: true,
    value: processed,
  });
});

test.each(['404', 'NONE'] as const)(
  'sets BACKWARD before the first register where the level is %s',
  async (unset) => {
    registry.unsetLevel = unset;
    await codecOf().start();
    const of = (subject: string) => registry.requests.filter((line) => line.includes(subject));
    const lines = of('image-stats-value');
    const put = lines.indexOf('PUT /config/image-stats-value');
    const post = lines.indexOf('POST /subjects/image-stats-value/versions');
    expect(put).toBeGreaterThanOrEqual(0);
    expect(post).toBeGreaterThan(put);
    expect(registry.levels.get('image-uploads-value')).toBe('BACKWARD');
  },
);

test('leaves a level that an operator chose', async () => {
  registry.levels.set('image-stats-value', 'FULL_TRANSITIVE');
  await codecOf().start();
  expect(registry.levels.get('image-stats-value')).toBe('FULL_TRANSITIVE');
});

test('registers canonical JSON, so that white space makes no new version', async () => {
  await codecOf().start();
  for (const schema of registry.schemas.values()) expect(schema).toBe(canonicalJson(JSON.parse(schema)));
});

test('a schema that was registered here is known without the registry', async () => {
  const codec = codecOf();
  await codec.start();
  registry.fault = 'hang';
  expect(await codec.decodeUpload(codec.encodeUpload(upload))).toEqual({ ok: true, value: upload });
  expect(registry.requests.filter((line) => line.includes('/schemas/ids/'))).toEqual([]);
});

test('an incompatible schema stops the start with what to do', async () => {
  registry.fault = 'refuse-schemas';
  await expect(codecOf().start()).rejects.toMatchObject({
    code: 'SCHEMA_INCOMPATIBLE',
    disposition: 'fail',
    message: expect.stringContaining('What to do'),
  });
});

test('reads a later schema with one more field, resolved once and then without the registry', async () => {
  const codec = codecOf();
  await codec.start();
  const [schema] = registry.schemas.values();
  const later = JSON.parse(schema ?? '');
  later.fields.splice(2, 0, { name: 'note', type: 'string', default: '' });
  registry.schemas.set(77, JSON.stringify(later));
  const bytes = framed(77, avro.Type.forSchema(later).toBuffer({ ...upload, note: 'new' }));
  expect(await codec.decodeUpload(bytes)).toEqual({ ok: true, value: upload });
  await registry.stop();
  expect(await codec.decodeUpload(bytes)).toEqual({ ok: true, value: upload });
});

test.each([
  ['null', null, 'no value'],
  ['an empty value', Buffer.alloc(0), 'too short'],
  ['four bytes', Buffer.alloc(4), 'too short'],
  ['another magic byte', Buffer.from('{"json":true}'), 'begins with byte 123'],
  ['a negative id', Buffer.from([0, 255, 255, 255, 255, 1]), 'positive'],
  ['a cut payload', framed(1, Buffer.from([64, 65])), 'do not fit its schema'],
  ['bytes after the payload', framed(1, Buffer.alloc(500)), 'do not fit its schema'],
  ['an unknown id', framed(4_000, Buffer.from([1])), 'knows no schema 4000'],
  ['another record', framed(2, Buffer.from([1])), 'does not fit darkroom.ImageUploaded'],
])('%s is a value, not an error', async (_name, bytes, reason) => {
  const codec = codecOf();
  await codec.start();
  expect(await codec.decodeUpload(bytes)).toEqual({
    ok: false,
    code: 'AVRO_UNDECODABLE',
    reason: expect.stringContaining(reason),
  });
  expect(codec.trouble()).toBeUndefined();
});

test('asks for an unknown id once, and again when the short memory has passed', async () => {
  const codec = codecOf({ unknownIdTtlMs: 150 });
  await codec.start();
  const asked = () => registry.requests.filter((line) => line.includes('/schemas/ids/9')).length;
  const bytes = framed(9, Buffer.from([1]));
  await codec.decodeUpload(bytes);
  const first = asked();
  for (let i = 0; i < 50; i++) await codec.decodeUpload(bytes);
  expect(asked()).toBe(first);
  const [schema] = registry.schemas.values();
  registry.schemas.set(9, schema ?? '');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await codec.decodeUpload(framed(9, codec.encodeUpload(upload).subarray(5)))).toMatchObject({
    ok: true,
  });
});

test.each([
  [
    'a default that does not fit',
    {
      schema: '{"type":"record","name":"A","fields":[{"name":"a","type":["string","null"],"default":null}]}',
    },
    'schema 60 cannot be read',
  ],
  ['no JSON', { schema: 'record A' }, 'schema 60 cannot be read'],
  [
    'JSON Schema',
    { schemaType: 'JSON', schema: '{"$schema":"https://json-schema.org/draft/2020-12/schema"}' },
    'no Avro schema',
  ],
  ['Protobuf', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }, 'no Avro schema'],
])(
  'a schema that is of no use (%s) makes its records undecodable, and holds nothing up',
  async (_name, answer, reason) => {
    const codec = codecOf();
    await codec.start();
    registry.answers.set(60, answer);
    expect(await codec.decodeUpload(framed(60, Buffer.from([1])))).toEqual({
      ok: false,
      code: 'AVRO_UNDECODABLE',
      reason: expect.stringContaining(reason),
    });
    expect(codec.trouble()).toBeUndefined();
  },
);

test('a block that says it has more items than its bytes can hold is refused before it is read', async () => {
  const codec = codecOf();
  await codec.start();
  const [schema = ''] = registry.schemas.values();
  const blocked = (items: object | string) => {
    const writer = JSON.parse(schema);
    writer.fields.push({ name: 'tags', type: { type: 'array', items } });
    const whole = avro.Type.forSchema(writer).toBuffer({ ...upload, tags: [] });
    const tail = avro.Type.forSchema('long').toBuffer(2 ** 50);
    return { writer, payload: Buffer.concat([whole.subarray(0, -1), tail, Buffer.of(0)]) };
  };
  for (const [id, items] of [
    [70, 'string'],
    [71, 'null'],
    [72, { type: 'map', values: 'null' }],
    [73, { type: 'record', name: 'Empty', fields: [] }],
  ] as const) {
    const { writer, payload } = blocked(items);
    registry.schemas.set(id, JSON.stringify(writer));
    expect(await codec.decodeUpload(framed(id, payload))).toEqual({
      ok: false,
      code: 'AVRO_UNDECODABLE',
      reason: expect.stringContaining('more than its bytes can hold'),
    });
  }
});

test("a producer's own blocks of every kind are read over", async () => {
  const codec = codecOf();
  await codec.start();
  const [schema = ''] = registry.schemas.values();
  const writer = JSON.parse(schema);
  const node = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };
  const own = {
    array: ['a', ''],
    nulls: [null, null],
    map: { a: [1.5] },
    fixed: Buffer.alloc(3),
    list: { next: { next: null } },
  };
  writer.fields.push(
    { name: 'array', type: { type: 'array', items: 'string' } },
    { name: 'nulls', type: { type: 'array', items: 'null' } },
    { name: 'map', type: { type: 'map', values: { type: 'array', items: 'double' } } },
    { name: 'fixed', type: { type: 'fixed', name: 'Three', size: 3 } },
    { name: 'list', type: node },
  );
  registry.schemas.set(80, JSON.stringify(writer));
  const type = avro.Type.forSchema(writer, { wrapUnions: false });
  const payload = type.toBuffer({ ...upload, ...own });
  expect(await codec.decodeUpload(framed(80, payload))).toEqual({ ok: true, value: upload });
});

test.each(['hang', 'half', 'proxy-404'] as const)(
  'a registry that fails (%s) is an outage to retry, and is told',
  async (fault) => {
    const codec = codecOf();
    await codec.start();
    registry.fault = fault;
    const bytes = framed(1, codec.encodeUpload(upload).subarray(5));
    bytes.writeInt32BE(55, 1);
    await expect(codec.decodeUpload(bytes)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      disposition: 'retry',
    });
    expect(codec.trouble()).toMatchObject({ reason: expect.any(String), sinceMs: expect.any(Number) });
    registry.fault = 'none';
    expect(await codec.decodeUpload(bytes)).toMatchObject({ ok: false, code: 'AVRO_UNDECODABLE' });
    expect(codec.trouble()).toBeUndefined();
  },
);

test('a registry that is not there is an outage to retry, at the start too', async () => {
  await registry.stop();
  const codec = codecOf();
  const outage = { code: 'REGISTRY_UNREACHABLE', disposition: 'retry' };
  await expect(codec.start()).rejects.toMatchObject(outage);
  await expect(codec.decodeUpload(framed(1, Buffer.from([1])))).rejects.toMatchObject(outage);
});

test('a value that does not fit is refused by the name of its field', async () => {
  const codec = codecOf();
  await codec.start();
  expect(() => codec.encodeUpload({ ...upload, receivedAt: 1.5 })).toThrow(/receivedAt is 1.5/);
});
