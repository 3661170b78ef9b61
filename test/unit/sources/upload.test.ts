import { expect, test } from 'vitest';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import { imageIdOfName } from '../../../src/sources/image-id.ts';
import { fromUpload } from '../../../src/sources/upload.ts';
import { upload } from '../serdes/samples.ts';

const codec = createLocalCodec();
const read = fromUpload({ codec, allowedBuckets: new Set(['images']) });
const context = { topic: 'image-uploads', partition: 0, offset: 4, timestamp: 99, headers: [] };
const arrive = (change: Partial<typeof upload>) =>
  read(codec.encodeUpload({ ...upload, ...change }), null, context);

test('an upload is a reference under the id it brings', async () => {
  const imageId = imageIdOfName('acme', 'cat-1');
  expect(await arrive({ imageId, versionId: 'v7' })).toMatchObject({
    kind: 'reference',
    identity: { imageId, customerId: 'acme', source: 'upload', receivedAtMs: upload.receivedAt },
    reference: { bucket: 'images', key: upload.key, versionId: 'v7', sizeBytes: 1234 },
  });
});

test('a record that cannot be decoded has an id of its own and an unknown customer', async () => {
  const arrival = await read(Buffer.from('nonsense'), null, context);
  expect(arrival).toMatchObject({
    kind: 'unusable',
    problem: { code: 'AVRO_UNDECODABLE' },
    identity: { customerId: 'unknown', receivedAtMs: 99 },
  });
  expect(arrival.identity.imageId).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['an image id that would climb in a key', { imageId: '../../x' }, 'UPLOAD_INVALID'],
  ['no key', { key: '' }, 'UPLOAD_INVALID'],
  ['a negative size', { sizeBytes: -1 }, 'UPLOAD_INVALID'],
  ['a customer with a slash', { customerId: 'a/b' }, 'CUSTOMER_INVALID'],
  ['no customer', { customerId: '' }, 'CUSTOMER_MISSING'],
  ['a bucket that is not configured', { bucket: 'secrets' }, 'REFERENCE_NOT_ALLOWED'],
])('%s is a value with a code', async (_name, change, code) => {
  const arrival = await arrive(change);
  expect(arrival).toMatchObject({ kind: 'unusable', problem: { code } });
  expect(arrival.identity.imageId).toMatch(/^[0-9a-f]{32}$/);
});
