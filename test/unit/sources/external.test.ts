import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ExternalImage } from '../../../src/serdes/external-image.generated.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import { arrivedBytes } from '../../../src/sources/arrival.ts';
import { fromExternal } from '../../../src/sources/external.ts';
import { formOf } from '../../../src/sources/external-value.ts';
import { imageIdOfName } from '../../../src/sources/image-id.ts';

const codec = createLocalCodec();
const deps = { codec, allowedBuckets: new Set(['images']), streamForm: 'bytes' } as const;
const read = fromExternal(deps);
const place = {
  topic: 'image-stream',
  partition: 2,
  offset: 7,
  timestamp: 1_795_000_000_000,
  reserve: async () => {},
};

async function arrive(value: Buffer | string | null, headers: Record<string, string>) {
  const context = {
    ...place,
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
  return read(typeof value === 'string' ? Buffer.from(value) : value, null, context);
}
const reference = 'application/vnd.darkroom.reference+json';

test('a record without a content type is an image, its id the hash that the contract names', async () => {
  const arrival = await arrive('bytes', {
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

test('without an image-id two records are two images, the same record read again is one', async () => {
  const headers = { 'customer-id': 'acme' };
  const one = (await arrive('bytes', headers)).identity.imageId;
  expect((await arrive('bytes', headers)).identity.imageId).toBe(one);
  const context = { ...place, offset: 8, headers: [['customer-id', Buffer.from('acme')] as const] };
  expect((await read(Buffer.from('bytes'), null, context)).identity.imageId).not.toBe(one);
});

test('the same image-id of another customer is another image', async () => {
  const idOf = async (customer: string) =>
    (await arrive('x', { 'customer-id': customer, 'image-id': '1' })).identity.imageId;
  expect(await idOf('acme')).not.toBe(await idOf('globex'));
});

test('a reference names an object, unknown fields ignored, parameters of the content type too', async () => {
  const value = JSON.stringify({
    bucket: 'images',
    key: 'a b/ü.jpg',
    versionId: 'v1',
    sizeBytes: 5,
    later: true,
  });
  expect(
    await arrive(value, { 'customer-id': 'acme', 'content-type': `${reference}; charset=utf-8` }),
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
])('%s is a value with a code', async (_name, value, headers, code) => {
  const arrival = await arrive(value, headers);
  expect(arrival).toMatchObject({ kind: 'unusable', problem: { code } });
  expect(arrival.identity.customerId).toBe(code.startsWith('CUSTOMER') ? 'unknown' : 'acme');
});

test('a header text that is no time says nothing', async () => {
  for (const text of ['yesterday', '-5', '2026-11-20T10:00:00']) {
    const { identity } = await arrive('x', { 'customer-id': 'acme', 'created-at': text });
    expect(identity).not.toHaveProperty('createdAtMs');
  }
});

test('of two headers with one name the last counts', async () => {
  const headers = [['customer-id', Buffer.from('a')] as const, ['customer-id', Buffer.from('b')] as const];
  expect((await read(Buffer.from('x'), null, { ...place, headers })).identity.customerId).toBe('b');
});

/** One of `image` and `told` in the forms that hold fields beside the image. */
const forms = {
  avro: (told: Partial<ExternalImage>) => ({
    value: codec.encodeExternal({ ...NOTHING, image: Buffer.from('picture'), ...told }),
    type: 'application/vnd.confluent.avro',
  }),
  json: ({ image = Buffer.from('picture'), ...told }: Partial<ExternalImage>) => ({
    value: Buffer.from(
      JSON.stringify({ image: Buffer.isBuffer(image) ? image.toString('base64') : image, ...told }),
    ),
    type: 'application/json',
  }),
};
const NOTHING = {
  customerId: null,
  imageId: null,
  createdAt: null,
  contentType: null,
  focalPoint: null,
  pipeline: null,
};
const OBJECT = { bucket: 'images', key: 'k', versionId: null, url: null, sizeBytes: 5 };
const URL_ONLY = {
  ...OBJECT,
  bucket: null,
  key: null,
  sizeBytes: null,
  url: 'https://cdn.example/a.jpg?sig=1',
};

describe.each(['avro', 'json'] as const)('an image in %s', (name) => {
  const send = (told: Partial<ExternalImage>, headers: Record<string, string> = {}) => {
    const { value, type } = forms[name](told);
    return arrive(value, { 'content-type': type, ...headers });
  };

  test('says in its value all that headers say elsewhere', async () => {
    const told = { customerId: 'acme', imageId: 'cat-1', createdAt: 7, pipeline: 'square' };
    expect(await send({ ...told, focalPoint: { x: 0.25, y: 1 } })).toMatchObject({
      kind: 'inline',
      bytes: Buffer.from('picture'),
      identity: { imageId: imageIdOfName('acme', 'cat-1'), customerId: 'acme', createdAtMs: 7 },
      wishes: { focalPoint: { x: 0.25, y: 1 }, pipeline: 'square' },
    });
  });

  test('or a part of it, and the headers the rest', async () => {
    const headers = { 'customer-id': 'acme', 'focal-point': '0.25,1', 'created-at': '7' };
    expect(await send({ imageId: 'cat-1', focalPoint: { x: 0.25, y: 1 } }, headers)).toMatchObject({
      kind: 'inline',
      identity: { imageId: imageIdOfName('acme', 'cat-1'), customerId: 'acme', createdAtMs: 7 },
      wishes: { focalPoint: { x: 0.25, y: 1 } },
    });
  });

  test.each([
    ['customerId', { customerId: 'acme' }, { 'customer-id': 'birch' }, 'unknown'],
    ['imageId', { customerId: 'acme', imageId: 'a' }, { 'image-id': 'b' }, 'acme'],
    ['createdAtMs', { customerId: 'acme', createdAt: 7 }, { 'created-at': '8' }, 'acme'],
    ['focalPoint', { customerId: 'acme', focalPoint: { x: 0, y: 0 } }, { 'focal-point': '0,1' }, 'acme'],
    ['pipeline', { customerId: 'acme', pipeline: 'a' }, { pipeline: 'b' }, 'acme'],
  ])('is refused where header and value differ in %s', async (field, told, headers, customerId) => {
    const arrival = await send(told, headers);
    expect(arrival).toMatchObject({ kind: 'unusable', problem: { code: 'FIELDS_CONFLICT' } });
    expect(arrival.kind === 'unusable' && arrival.problem.reason).toContain(field);
    expect(arrival.identity.customerId).toBe(customerId);
  });

  test('may be a reference to an object, or to a URL', async () => {
    expect(await send({ image: OBJECT, customerId: 'acme' })).toMatchObject({
      kind: 'reference',
      reference: { bucket: 'images', key: 'k', sizeBytes: 5 },
    });
    expect(await send({ image: URL_ONLY, customerId: 'acme' })).toMatchObject({
      kind: 'url',
      reference: { url: 'https://cdn.example/a.jpg?sig=1' },
    });
  });

  test.each([
    ['no customer anywhere', {}, 'CUSTOMER_MISSING'],
    ['a customer with a slash', { customerId: 'a/b' }, 'CUSTOMER_INVALID'],
    [
      "somebody else's bucket",
      { image: { ...OBJECT, bucket: 'secrets' }, customerId: 'a' },
      'REFERENCE_NOT_ALLOWED',
    ],
    [
      'an object and a URL',
      { image: { ...OBJECT, url: 'https://a.b/' }, customerId: 'a' },
      'REFERENCE_INVALID',
    ],
    ['what is no URL', { image: { ...URL_ONLY, url: '/a.jpg' }, customerId: 'a' }, 'REFERENCE_INVALID'],
    ['neither', { image: { ...OBJECT, bucket: null }, customerId: 'a' }, 'REFERENCE_INVALID'],
    ['a focal point outside', { focalPoint: { x: 0.5, y: 1.5 }, customerId: 'a' }, 'FOCAL_POINT_INVALID'],
  ])('%s is a value with a code', async (_name, told, code) => {
    expect(await send(told)).toMatchObject({ kind: 'unusable', problem: { code } });
  });
});

test('an image id that is not UTF-8 is refused: two of them would be one', async () => {
  const named = (id: Buffer) =>
    read(Buffer.from('x'), null, {
      ...place,
      headers: [
        ['customer-id', Buffer.from('acme')],
        ['image-id', id],
      ],
    });
  const problem = { kind: 'unusable', problem: { code: 'IMAGE_ID_INVALID' } };
  expect(await named(Buffer.from('caf\xe9', 'latin1'))).toMatchObject(problem);
  expect(await named(Buffer.from('café'))).toMatchObject({ kind: 'inline' });
  const headers = { 'content-type': 'application/json', 'customer-id': 'acme' };
  expect(await arrive('{"image":"AAAA","imageId":"\\ud800"}', headers)).toMatchObject(problem);
});

test.each(['key', 'versionId'])('a reference with half a character in its %s is refused', async (field) => {
  const value = JSON.stringify({ bucket: 'images', key: 'k', [field]: '\ud800.jpg' });
  const arrival = await arrive(value, { 'content-type': reference, 'customer-id': 'acme' });
  expect(arrival).toMatchObject({ kind: 'unusable', problem: { code: 'REFERENCE_INVALID' } });
});

test('JSON may begin with a byte order mark', async () => {
  const headers = { 'content-type': 'application/json', 'customer-id': 'acme' };
  expect(await arrive('\ufeff{"image":"AAAA"}', headers)).toMatchObject({ kind: 'inline' });
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['no image', '{"customerId":"acme"}'],
  ['a customer that is a number', '{"image":"AAAA","customerId":7}'],
  ['base64 with a line break', '{"image":"AAAA\\nAAAA"}'],
  ['base64 with padding inside', '{"image":"AA==AAAA"}'],
  ['base64 with a character too many', '{"image":"AAAAA"}'],
  ['a data URL', '{"image":"data:image/png;base64,AAAA"}'],
])('%s is no image in JSON', async (_name, value) => {
  const arrival = await arrive(value, { 'content-type': 'application/json', 'customer-id': 'acme' });
  expect(arrival).toMatchObject({
    kind: 'unusable',
    problem: { code: 'JSON_INVALID' },
    identity: { customerId: 'acme' },
    original: Buffer.from(value),
  });
});

test.each(['', 'AA', 'AA==', 'AAA', 'AAAA', '-_8='])('base64 %s is read to its end', async (image) => {
  const headers = { 'content-type': 'application/vnd.darkroom.image+json', 'customer-id': 'acme' };
  const arrival = await arrive(JSON.stringify({ image }), headers);
  expect(arrival).toMatchObject({ kind: 'inline', bytes: Buffer.from(image, 'base64') });
});

test('Avro that cannot be decoded is told before a customer that might stand in it', async () => {
  const type = { 'content-type': 'avro/binary' };
  const undecodable = { kind: 'unusable', problem: { code: 'AVRO_UNDECODABLE' } };
  expect(await arrive('no Avro', type)).toMatchObject({
    ...undecodable,
    identity: { customerId: 'unknown' },
  });
  expect(await arrive('no Avro', { ...type, 'customer-id': 'acme' })).toMatchObject({
    ...undecodable,
    identity: { customerId: 'acme' },
  });
  expect(await arrive('no Avro', { ...type, 'customer-id': 'a/b' })).toMatchObject({
    problem: { code: 'CUSTOMER_INVALID' },
  });
});

test.each([
  [undefined, 'avro', 'avro'],
  ['text/plain', 'json', 'json'],
  ['image/jpeg', 'avro', 'bytes'],
  ['application/octet-stream', 'avro', 'bytes'],
  ['Application/JSON; charset=utf-8', 'avro', 'json'],
  ['application/vnd.confluent.avro', 'bytes', 'avro'],
  [reference, 'avro', 'reference'],
] as const)('a content type of %s on a topic of %s is %s', (contentType, ofTopic, form) => {
  expect(formOf(contentType, ofTopic)).toBe(form);
});

test('without a content type the setting of the topic says the form', async () => {
  const value = forms.json({ customerId: 'acme' }).value;
  const context = { ...place, headers: [] };
  expect(await fromExternal({ ...deps, streamForm: 'json' })(value, null, context)).toMatchObject({
    kind: 'inline',
    bytes: Buffer.from('picture'),
  });
});

test('makes room for what is decoded before it decodes', async () => {
  const reserved: number[] = [];
  const { value, type } = forms.json({ customerId: 'acme' });
  const headers = [['content-type', Buffer.from(type)]] as const;
  const reserve = async (bytes: number) => {
    reserved.push(bytes);
  };
  const arrival = await read(value, null, { ...place, headers, reserve });
  expect(reserved).toEqual([2 * value.length]);
  expect(arrivedBytes(arrival)).toBe('picture'.length);
  expect(arrivedBytes(await arrive('bytes', { 'customer-id': 'acme' }))).toBe(0);
});

test.each([
  ['0.3,0.7', { x: 0.3, y: 0.7 }],
  [' 0 , 1.0 ', { x: 0, y: 1 }],
  ['.5,1', { x: 0.5, y: 1 }],
  [`${1 / 3},${1e-7}`, { x: 1 / 3, y: 1e-7 }],
])('the header focal-point %s is a wish', async (text, focalPoint) => {
  const arrival = await arrive('x', { 'customer-id': 'acme', 'focal-point': text, pipeline: 'square' });
  expect(arrival).toMatchObject({ kind: 'inline', wishes: { focalPoint, pipeline: 'square' } });
});

test.each(['1.1,0', '-0.1,0', '0.5', '0.5;0.5', 'centre', '0.5,0.5,0.5', '1e1,0', 'NaN,0'])(
  'the header focal-point %s is refused',
  async (text) => {
    const arrival = await arrive('x', { 'customer-id': 'acme', 'focal-point': text });
    expect(arrival).toMatchObject({ kind: 'unusable', problem: { code: 'FOCAL_POINT_INVALID' } });
  },
);
