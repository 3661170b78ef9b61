import { expect, test } from 'vitest';
import { fetchImage } from '../../../src/app/fetch-image.ts';
import { fetchedBytes } from '../../../src/app/images.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import type { Arrival } from '../../../src/sources/arrival.ts';

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

test('an inline image holds nothing beyond its record', () => {
  const image = { kind: 'fetched', identity, original, bytes: original, limits: {}, wishes: {} } as const;
  expect(fetchedBytes(image)).toBe(0);
});
