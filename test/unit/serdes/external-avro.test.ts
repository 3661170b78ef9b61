import avro from 'avsc';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { externalImageSchema } from '../../../src/serdes/external-image.generated.ts';
import { createRegistryCodec } from '../../../src/serdes/registry-codec.ts';
import { RegistryOnLoopback } from './registry-on-loopback.ts';

let registry: RegistryOnLoopback;
beforeEach(async () => {
  registry = await RegistryOnLoopback.start();
});
afterEach(() => registry.stop());

const open = (topics = {}) => createRegistryCodec({ url: registry.url, requestTimeoutMs: 2_000, topics });

/** A record of a producer with a schema of its own, in the wire format. */
function written(id: number, schema: avro.schema.RecordType, value: object): Buffer {
  registry.schemas.set(id, JSON.stringify(schema));
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, avro.Type.forSchema(schema).toBuffer(value)]);
}

const named = (...fields: avro.schema.RecordType['fields']): avro.schema.RecordType => ({
  type: 'record',
  name: 'ExternalImage',
  namespace: 'darkroom',
  fields,
});
const image = Buffer.from('picture');

test('a producer may leave out what has a default, and add what is its own', async () => {
  const schema = named(
    { name: 'camera', type: 'string' },
    { name: 'image', type: 'bytes' },
    { name: 'customerId', type: 'string' },
  );
  const decoded = await open().decodeExternal(written(7, schema, { camera: '7', image, customerId: 'acme' }));
  expect(decoded).toMatchObject({
    ok: true,
    value: { image, customerId: 'acme', imageId: null, focalPoint: null, pipeline: null },
  });
});

test.each([
  ['no image', named({ name: 'customerId', type: 'string' }), { customerId: 'acme' }],
  ['an image that is a number', named({ name: 'image', type: 'long' }), { image: 1 }],
  ['another name', { ...named({ name: 'image', type: 'bytes' }), name: 'Photo' }, { image }],
])('a schema with %s does not fit', async (_name, schema, value) => {
  expect(await open().decodeExternal(written(8, schema, value))).toMatchObject({
    ok: false,
    code: 'AVRO_UNDECODABLE',
  });
});

test('the service registers nothing for the topic, its producer does', async () => {
  await open().start();
  expect(registry.requests).toEqual([]);
  const codec = open({ imageStream: 'image-stream' });
  await codec.start();
  expect([...registry.schemas.values()]).toEqual([externalImageSchema]);
  const all = { customerId: null, imageId: null, createdAt: null, contentType: null };
  const value = { ...all, image, focalPoint: { x: 0.5, y: 1 }, pipeline: null };
  expect(await open().decodeExternal(codec.encodeExternal(value))).toEqual({ ok: true, value });
});

test('while the registry is away records of known schemas go on, and others wait', async () => {
  const codec = open();
  const known = written(9, named({ name: 'image', type: 'bytes' }), { image });
  const other = written(10, named({ name: 'image', type: 'bytes' }), { image });
  expect(await codec.decodeExternal(known)).toMatchObject({ ok: true });
  registry.fault = 'hang';
  expect(await codec.decodeExternal(known)).toMatchObject({ ok: true });
  await expect(codec.decodeExternal(other)).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    disposition: 'retry',
  });
  registry.fault = 'none';
  expect(await codec.decodeExternal(other)).toMatchObject({ ok: true });
});
