import { expect, test } from 'vitest';
import { imageUploadedSchema } from '../../src/serdes/image-uploaded.generated.ts';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { sharedStack } from '../shared-stack.ts';
import { upload } from '../unit/serdes/samples.ts';

test('a registry that is down stops nobody who knows the schemas, and keeps others waiting, not failing', async () => {
  const stack = await sharedStack();
  const run = `registry-${Date.now().toString(36)}`;
  const topics = { imageUploads: `${run}-uploads`, imageStats: `${run}-stats` };
  const url = stack.addresses.registry;
  const open = () => createRegistryCodec({ url, topics, requestTimeoutMs: 2_000, unknownIdTtlMs: 1 });

  const writer = open();
  await writer.start();
  await writer.start(); // what is registered already is no new version
  const versions = await fetch(`${url}/subjects/${topics.imageUploads}-value/versions`);
  expect(await versions.json()).toEqual([1]);
  const level = await fetch(`${url}/config/${topics.imageUploads}-value`);
  expect(await level.json()).toEqual({ compatibilityLevel: 'BACKWARD' });

  const reader = open();
  const bytes = writer.encodeUpload(upload);
  expect(await reader.decodeUpload(bytes)).toEqual({ ok: true, value: upload });
  const unknown = Buffer.from(bytes);
  unknown.writeInt32BE(999_999, 1);
  expect(await reader.decodeUpload(unknown)).toMatchObject({ ok: false, code: 'AVRO_UNDECODABLE' });

  await stack.component('registry').kill();
  try {
    expect(await reader.decodeUpload(bytes)).toEqual({ ok: true, value: upload });
    expect(writer.encodeUpload(upload)).toEqual(bytes);
    const outage = { code: 'REGISTRY_UNREACHABLE', disposition: 'retry' };
    await expect(open().decodeUpload(bytes)).rejects.toMatchObject(outage);
    await expect(open().start()).rejects.toMatchObject(outage);
  } finally {
    await stack.component('registry').start();
  }
  // A registry that keeps its schemas in memory has lost them with the kill: register again, as a start does.
  const later = open();
  await later.start();
  expect(await open().decodeUpload(later.encodeUpload(upload))).toEqual({ ok: true, value: upload });
});

test('a schema that does not fit the registered ones stops the start and says what to do', async () => {
  const stack = await sharedStack();
  const run = `schema-${Date.now().toString(36)}`;
  const topics = { imageUploads: `${run}-uploads`, imageStats: `${run}-stats` };
  const url = stack.addresses.registry;
  const subject = `${topics.imageUploads}-value`;
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const other = { ...JSON.parse(imageUploadedSchema), fields: [{ name: 'something', type: 'string' }] };
  await fetch(`${url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ schema: JSON.stringify(other) }),
  });
  const codec = createRegistryCodec({ url, topics, requestTimeoutMs: 2_000 });
  await expect(codec.start()).rejects.toMatchObject({
    code: 'SCHEMA_INCOMPATIBLE',
    disposition: 'fail',
    message: expect.stringContaining('What to do'),
  });
});
