import { expect, test } from 'vitest';
import { fetchImage } from '../../../src/app/fetch-image.ts';
import { fetchedBytes } from '../../../src/app/images.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import type { Arrival } from '../../../src/sources/arrival.ts';
import { NO_POLICY } from './no-policy.ts';

const identity = { imageId: 'ab'.repeat(16), customerId: 'acme', source: 'stream', receivedAtMs: 1 } as const;
const original = Buffer.from('{}');

test.each([undefined, 7])(
  'makes room for the bytes before it asks for them (size in the record: %s)',
  async (sizeBytes) => {
    const steps: string[] = [];
    const fetch = fetchImage({
      codec: createLocalCodec(),
      maxImageBytes: 100,
      pipelines: new Set(),
      fetcher: {
        head: async () => {
          steps.push('head');
          return { bytes: 7, versionId: 'v1' };
        },
        get: async ({ versionId }, { expectedBytes }) => {
          steps.push(`get ${versionId} ${expectedBytes}`);
          return { found: 'object', body: Buffer.alloc(7) };
        },
      },
    });
    const reference = { bucket: 'images', key: 'k', ...(sizeBytes === undefined ? {} : { sizeBytes }) };
    const arrival: Arrival = { kind: 'reference', identity, original, reference };
    const image = await fetch({ arrival, policyBytes: null }, null, {
      topic: 't',
      partition: 0,
      offset: 0,
      timestamp: 1,
      headers: [],
      signal: new AbortController().signal,
      reserve: async (bytes) => {
        steps.push(`reserve ${bytes}`);
      },
    });
    expect(steps).toEqual(
      sizeBytes === undefined ? ['head', 'reserve 7', 'get v1 7'] : ['reserve 7', 'get undefined 7'],
    );
    expect(fetchedBytes(image)).toBe(7);
  },
);

const FOCAL = { x: 0.25, y: 0.75 };

/** What becomes of an arrival whose object, where it is one, has this metadata, under a policy. */
function fetchWith(
  arrival: Arrival,
  { metadata = {}, pipeline = null }: { metadata?: Record<string, string>; pipeline?: string | null } = {},
) {
  const codec = createLocalCodec();
  const fetch = fetchImage({
    codec,
    maxImageBytes: 100,
    pipelines: new Set(['standard', 'square']),
    fetcher: {
      head: async () => ({ bytes: 1 }),
      get: async () => ({ found: 'object', body: Buffer.alloc(1), metadata }),
    },
  });
  const policyBytes = pipeline === null ? null : codec.encodePolicy({ ...NO_POLICY, pipeline });
  return fetch({ arrival, policyBytes }, null, {
    ...{ topic: 't', partition: 0, offset: 0, timestamp: 1, headers: [] },
    signal: new AbortController().signal,
    reserve: async () => {},
  });
}

const object: Arrival = {
  kind: 'reference',
  identity,
  original,
  reference: { bucket: 'images', key: 'k', sizeBytes: 1 },
};
const inline: Arrival = { kind: 'inline', identity, original, bytes: original };

test("an object's metadata say what its record does not: focal point and pipeline", async () => {
  const metadata = { 'focal-point': '0.25,0.75', pipeline: 'square' };
  expect(await fetchWith(object, { metadata })).toMatchObject({
    kind: 'fetched',
    wishes: { focalPoint: FOCAL, pipeline: 'square' },
  });
  const wishes = { focalPoint: { x: 0, y: 0 } };
  expect(await fetchWith({ ...object, wishes }, { metadata })).toMatchObject({
    wishes: { focalPoint: { x: 0, y: 0 }, pipeline: 'square' },
  });
  expect(await fetchWith(object, { metadata: { 'focal-point': 'left' } })).toMatchObject({
    kind: 'refused',
    refused: { outcome: 'rejected', code: 'FOCAL_POINT_INVALID' },
  });
});

test("the policy's pipeline goes before the sender's, and each must be there", async () => {
  const asking = (pipeline: string): Arrival => ({ ...inline, wishes: { pipeline, focalPoint: FOCAL } });
  expect(await fetchWith(asking('square'))).toMatchObject({ wishes: { pipeline: 'square' } });
  expect(await fetchWith(asking('square'), { pipeline: 'standard' })).toMatchObject({
    wishes: { pipeline: 'standard', focalPoint: FOCAL },
  });
  const refused = (outcome: string) => ({ kind: 'refused', refused: { outcome, code: 'PIPELINE_UNKNOWN' } });
  expect(await fetchWith(asking('round'))).toMatchObject(refused('rejected'));
  expect(await fetchWith(inline, { pipeline: 'round' })).toMatchObject(refused('failed'));
});

test('a reference to a URL is refused where no host is configured, its query untold', async () => {
  const url = 'https://images.example/a.jpg?sig=secret';
  const image = await fetchWith({ kind: 'url', identity, original, reference: { url } });
  expect(image).toMatchObject({ refused: { outcome: 'rejected', code: 'URL_NOT_ALLOWED' } });
  expect(JSON.stringify(image)).not.toContain('secret');
});

test('an inline image holds nothing beyond its record', () => {
  const image = { kind: 'fetched', identity, original, bytes: original, limits: {}, wishes: {} } as const;
  expect(fetchedBytes(image)).toBe(0);
});
