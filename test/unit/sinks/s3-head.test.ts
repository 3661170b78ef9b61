import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createS3Store, type S3Store } from '../../../src/sinks/s3.ts';

/** What S3 answers to a request for an object: to HEAD the same without the body that says what it means. */
let refusal: { readonly status: number; readonly code: string; readonly once?: boolean } | undefined;
let asked: string[] = [];
const server = createServer(({ method = '', url = '', headers }, response) => {
  if (url.includes('list-type=2')) return void response.end('<ListBucketResult></ListBucketResult>');
  asked.push(`${method} ${headers.range ?? ''}`.trim());
  if (!refusal) {
    const range = method === 'GET' ? { 'content-range': 'bytes 0-0/300', 'content-length': '1' } : {};
    response.writeHead(200, { 'content-length': '300', ...range }).end(method === 'GET' ? 'a' : undefined);
    return;
  }
  const { status, code, once } = refusal;
  if (once) refusal = undefined;
  const body = `<Error><Code>${code}</Code><Message>as signed</Message></Error>`;
  response.writeHead(status).end(method === 'HEAD' ? undefined : body);
});
let store: S3Store;
const object = { bucket: 'images', key: 'a.jpg' };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  store = createS3Store({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    bucket: 'images',
    forcePathStyle: true,
    concurrency: 4,
    timeoutMs: 1_000,
    maxRetryDelayMs: 20,
  });
  await store.check(['images'], {});
});
afterAll(async () => {
  await store.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  refusal = undefined;
  asked = [];
});

it.each([
  [400, 'ExpiredToken'],
  [403, 'InvalidAccessKeyId'],
  [403, 'SignatureDoesNotMatch'],
  [403, 'RequestTimeTooSkewed'],
])(
  'waits for credentials that are refused (%i %s), which are no fault of the object',
  async (status, code) => {
    refusal = { status, code };
    const head = store.head(object, {});
    while (asked.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked.slice(0, 2)).toEqual(['HEAD', 'GET bytes=0-0']);
    refusal = undefined;
    expect(await head).toMatchObject({ bytes: 300 });
  },
);

it.each([
  [403, 'AccessDenied', 'S3_ACCESS_DENIED'],
  [301, 'PermanentRedirect', 'S3_WRONG_REGION'],
  [400, 'InvalidArgument', 'S3_REQUEST_REFUSED'],
])('says why one object is refused (%i %s)', async (status, code, ours) => {
  refusal = { status, code };
  await expect(store.head(object, {})).rejects.toMatchObject({ code: ours, disposition: 'dead-letter' });
});

it('takes what the first byte says, where that is given by then', async () => {
  refusal = { status: 403, code: 'ExpiredToken', once: true };
  expect(await store.head(object, {})).toMatchObject({ bytes: 300 });
  expect(asked).toEqual(['HEAD', 'GET bytes=0-0']);
});

it('finds nothing where a version is the mark of a removal', async () => {
  refusal = { status: 405, code: 'MethodNotAllowed' };
  expect(await store.head({ ...object, versionId: 'v' }, {})).toBeUndefined();
});

it('refuses an address that cannot be written, which waiting does not mend', async () => {
  await expect(store.head({ ...object, key: '\ud800' }, {})).rejects.toMatchObject({
    code: 'S3_REQUEST_REFUSED',
    disposition: 'dead-letter',
  });
  expect(asked).toEqual([]);
});
