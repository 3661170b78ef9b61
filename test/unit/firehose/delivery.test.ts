import {
  FirehoseClient,
  PutRecordBatchCommand,
  type PutRecordBatchCommandOutput,
} from '@aws-sdk/client-firehose';
import { afterEach, expect, it } from 'vitest';
import { objectsOf } from '../../../dev/firehose/copy.ts';
import type { Fault } from '../../../dev/firehose/faults.ts';
import type { StandInOptions } from '../../../dev/firehose/stand-in.ts';
import { lab, type StandInLab } from './stand-in-lab.ts';

let here: StandInLab;
let client: FirehoseClient;
afterEach(async () => {
  client.destroy();
  await here.close();
});

async function open(options: Partial<StandInOptions> = {}, faults: readonly Fault[] = []): Promise<void> {
  here = await lab(options);
  here.standIn.script(faults);
  client = new FirehoseClient({
    endpoint: here.standIn.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
}

const put = (...texts: string[]): Promise<PutRecordBatchCommandOutput> =>
  client.send(
    new PutRecordBatchCommand({
      DeliveryStreamName: 'stats',
      Records: texts.map((text) => ({ Data: Buffer.from(text) })),
    }),
  );

it('joins records without a delimiter into a GZIP object, under the key scheme of Firehose', async () => {
  await open();
  await put('{"a":1}\n', '{"a":2}');
  await here.standIn.flush();
  expect(here.delivered()).toBe('{"a":1}\n{"a":2}');
  expect([...here.objects.keys()]).toEqual([
    expect.stringMatching(
      /^firehose\/(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/stats-1-\1-\2-\3-\4-\d{2}-\d{2}-[0-9a-f-]{36}\.gz$/,
    ),
  ]);
});

it('delivers when the size is reached, and when the interval is over', async () => {
  await open({ bufferBytes: 10, bufferMs: 200 });
  await put('123456', '123456', 'rest');
  await expect.poll(here.delivered).toBe('123456123456');
  expect(here.standIn.status().buffered).toBe(1);
  await expect.poll(here.delivered, { timeout: 5_000 }).toBe('123456123456rest');
});

it('delivers what was accepted before it ends', async () => {
  await open();
  await put('last');
  await here.standIn.close();
  expect(here.delivered()).toBe('last');
});

it('delivers all that it has confirmed when it is ended in the middle', async () => {
  await open();
  const confirmed: string[] = [];
  const puts = Array.from({ length: 200 }, async (_, index) => {
    await put(`<${index}>`);
    confirmed.push(`<${index}>`);
  });
  await Promise.race(puts);
  const closed = here.standIn.close();
  await Promise.allSettled(puts);
  await closed;
  expect(confirmed.length).toBeGreaterThan(0);
  expect(confirmed.filter((text) => !here.delivered().includes(text))).toEqual([]);
});

it('refuses records by a pattern, in their order, and accepts the others', async () => {
  await open({}, [{ fault: 'record-error', pattern: '.x' }]);
  const { FailedPutCount, RequestResponses = [] } = await put('a', 'b', 'c', 'd');
  expect(FailedPutCount).toBe(2);
  expect(RequestResponses.map(({ ErrorCode }) => ErrorCode ?? 'ok')).toEqual([
    'ok',
    'ServiceUnavailableException',
    'ok',
    'ServiceUnavailableException',
  ]);
  expect(
    RequestResponses.every((entry) => (entry.RecordId === undefined) !== (entry.ErrorCode === undefined)),
  ).toBe(true);
  await here.standIn.flush();
  expect(here.delivered()).toBe('ac');
});

it('refuses about the share of the records that it is told', async () => {
  await open({}, [{ fault: 'record-error', rate: 0.25 }]);
  const { FailedPutCount = 0 } = await put(...Array.from({ length: 400 }, () => 'x'));
  expect(FailedPutCount).toBeGreaterThan(60);
  expect(FailedPutCount).toBeLessThan(140);
});

it.each([
  ['ServiceUnavailableException', 503],
  ['InternalFailure', 500],
  ['ThrottlingException', 400],
  ['LimitExceededException', 400],
] as const)('answers %s so often as it is told', async (error, status) => {
  await open({}, [{ fault: 'request-error', error, times: 2 }]);
  for (const _ of [1, 2]) {
    await expect(put('a')).rejects.toMatchObject({ name: error, $metadata: { httpStatusCode: status } });
  }
  expect(await put('a')).toMatchObject({ FailedPutCount: 0 });
});

it('fails in a window of time only', async () => {
  await open({}, [{ fault: 'request-error', error: 'InternalFailure', afterMs: 300, forMs: 300 }]);
  const startMs = Date.now();
  expect(await put('a')).toMatchObject({ FailedPutCount: 0 });
  await new Promise((resolve) => setTimeout(resolve, startMs + 350 - Date.now()));
  await expect(put('b')).rejects.toMatchObject({ name: 'InternalFailure' });
  await new Promise((resolve) => setTimeout(resolve, startMs + 650 - Date.now()));
  expect(await put('c')).toMatchObject({ FailedPutCount: 0 });
});

it('cuts the connection after it has accepted', async () => {
  await open({}, [{ fault: 'cut-after-acceptance', times: 1 }]);
  await expect(put('twice')).rejects.toThrow();
  await put('twice');
  await here.standIn.flush();
  expect(here.delivered()).toBe('twicetwice');
});

it('leaves a manifest under errors/ when COPY has failed for as long as it is tried', async () => {
  const warehouse = { url: 'postgres://nobody@127.0.0.1:1/none', table: 'a.b', columns: ['c'] };
  await open({ warehouse, copyRetryMs: 150, copyRetryIntervalMs: 50 });
  await put('{"c":1}\n');
  await here.standIn.flush();
  const [object = '', manifest = ''] = here.objects.keys();
  expect(manifest).toMatch(/^firehose\/errors\/manifests\/\d{4}\/\d{2}\/\d{2}\/\d{2}\/stats-1-/);
  expect(JSON.parse(String(here.objects.get(manifest)))).toEqual({
    entries: [{ url: `s3://bucket/${object}`, mandatory: true }],
  });
  expect(here.standIn.status()).toMatchObject({ manifests: 1, copies: 0, waiting: 0 });
  expect(here.standIn.status().failedCopies).toBeGreaterThan(1);
});

it('is scripted over its control endpoint, and says what it does not understand', async () => {
  await open();
  const control = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${here.standIn.endpoint}/_control/${path}`, init);
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  };
  expect(await control('PUT', 'faults', [{ fault: 'record-error', rate: 1, times: 1 }])).toMatchObject({
    status: 200,
  });
  expect(await put('a')).toMatchObject({ FailedPutCount: 1 });
  expect(await control('GET', 'faults')).toMatchObject({ answer: [{ fault: 'record-error', struck: 1 }] });
  expect(await control('PUT', 'faults', [{ fault: 'record-error', rate: 2 }])).toMatchObject({
    status: 400,
    answer: { message: expect.stringContaining('"rate":2') },
  });
  await control('DELETE', 'faults');
  await put('b');
  expect(await control('POST', 'flush')).toMatchObject({
    answer: { acceptedRecords: 1, refusedRecords: 1, objects: 1 },
  });
});

it('reads JSON objects one after another, whatever is between them, and tells what is none', () => {
  expect(objectsOf('{"a":"}{\\"{"}{"b":{"c":[1]}}\n\n {"d":null}')).toEqual([
    { a: '}{"{' },
    { b: { c: [1] } },
    { d: null },
  ]);
  expect(() => objectsOf('{"a":1}\nx')).toThrow('line 2');
  expect(() => objectsOf('{"a":1')).toThrow('not closed');
  expect(() => objectsOf('{a:1}')).toThrow('Invalid JSON');
});
