import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { fromExternal } from '../../../src/sources/external.ts';

const read = fromExternal({ allowedBuckets: new Set(['images']) });
const place = { topic: 'image-stream', partition: 2, offset: 7, timestamp: 1_795_000_000_000 };

function arrive(value: Buffer | string | null, headers: Record<string, string>) {
  const context = {
    ...place,
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
  return read(typeof value === 'string' ? Buffer.from(value) : value, null, context);
}
const reference = 'application/vnd.darkroom.reference+json';

test('a record without a content type is an image, its id the hash that the contract names', () => {
  const arrival = arrive('bytes', {
    'customer-id': 'acme',
    'image-id': 'cat-1',
    'created-at': '2026-11-20T10:00:00Z',
  });
  expect(arrival).toMatchObject({
    kind: 'inline',
    bytes: Buffer.from('bytes'),
    identity: {
      imageId: createHash('sha256').update('acme\ncat-1').digest('hex').slice(0, 32),
      customerId: 'acme',
      source: 'stream',
      createdAtMs: Date.UTC(2026, 10, 20, 10),
      receivedAtMs: place.timestamp,
    },
  });
});

test('without an image-id two records are two images, the same record read again is one', () => {
  const headers = { 'customer-id': 'acme' };
  const one = arrive('bytes', headers).identity.imageId;
  expect(arrive('bytes', headers).identity.imageId).toBe(one);
  const context = { ...place, offset: 8, headers: [['customer-id', Buffer.from('acme')] as const] };
  expect(read(Buffer.from('bytes'), null, context).identity.imageId).not.toBe(one);
});

test('the same image-id of another customer is another image', () => {
  const idOf = (customer: string) =>
    arrive('x', { 'customer-id': customer, 'image-id': '1' }).identity.imageId;
  expect(idOf('acme')).not.toBe(idOf('globex'));
});

test('a reference names an object, unknown fields ignored, parameters of the content type too', () => {
  const value = JSON.stringify({
    bucket: 'images',
    key: 'a b/ü.jpg',
    versionId: 'v1',
    sizeBytes: 5,
    later: true,
  });
  expect(
    arrive(value, { 'customer-id': 'acme', 'content-type': `${reference}; charset=utf-8` }),
  ).toMatchObject({
    kind: 'reference',
    reference: { bucket: 'images', key: 'a b/ü.jpg', versionId: 'v1', sizeBytes: 5 },
  });
});

test.each([
  ['no customer', 'x', {}, 'CUSTOMER_MISSING'],
  ['an empty customer', 'x', { 'customer-id': '' }, 'CUSTOMER_MISSING'],
  ['a customer with a slash', 'x', { 'customer-id': 'a/b' }, 'CUSTOMER_INVALID'],
  ['a customer that climbs', 'x', { 'customer-id': '..' }, 'CUSTOMER_INVALID'],
  ['a customer of 65 characters', 'x', { 'customer-id': 'a'.repeat(65) }, 'CUSTOMER_INVALID'],
  ['a customer with a line break', 'x', { 'customer-id': 'acme\n' }, 'CUSTOMER_INVALID'],
  ['the reserved customer', 'x', { 'customer-id': 'unknown' }, 'CUSTOMER_INVALID'],
  ['no value', null, { 'customer-id': 'acme' }, 'VALUE_MISSING'],
  ['no JSON', '{', { 'customer-id': 'acme', 'content-type': reference }, 'REFERENCE_INVALID'],
  ['JSON null', 'null', { 'customer-id': 'acme', 'content-type': reference }, 'REFERENCE_INVALID'],
  [
    'no key',
    '{"bucket":"images"}',
    { 'customer-id': 'acme', 'content-type': reference },
    'REFERENCE_INVALID',
  ],
  [
    'a negative size',
    '{"bucket":"images","key":"k","sizeBytes":-1}',
    { 'customer-id': 'acme', 'content-type': reference },
    'REFERENCE_INVALID',
  ],
  [
    'a huge reference',
    JSON.stringify({ bucket: 'images', key: 'k', filler: 'x'.repeat(9000) }),
    { 'customer-id': 'acme', 'content-type': reference },
    'REFERENCE_INVALID',
  ],
  [
    "somebody else's bucket",
    '{"bucket":"secrets","key":"k"}',
    { 'customer-id': 'acme', 'content-type': reference },
    'REFERENCE_NOT_ALLOWED',
  ],
])('%s is a value with a code', (_name, value, headers, code) => {
  const arrival = arrive(value, headers);
  expect(arrival).toMatchObject({ kind: 'unusable', problem: { code } });
  expect(arrival.identity.customerId).toBe(code.startsWith('CUSTOMER') ? 'unknown' : 'acme');
});

test('a header text that is no time says nothing', () => {
  for (const text of ['yesterday', '-5', '2026-11-20T10:00:00']) {
    const { identity } = arrive('x', { 'customer-id': 'acme', 'created-at': text });
    expect(identity).not.toHaveProperty('createdAtMs');
  }
});

test('of two headers with one name the last counts', () => {
  const headers = [['customer-id', Buffer.from('a')] as const, ['customer-id', Buffer.from('b')] as const];
  expect(read(Buffer.from('x'), null, { ...place, headers }).identity.customerId).toBe('b');
});
