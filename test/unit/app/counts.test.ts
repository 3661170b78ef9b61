import { describe, expect, it } from 'vitest';
import { countsTopology } from '../../../src/app/counts.ts';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import { TopologyTestDriver } from '../../../src/topology/index.ts';
import { anEvent } from '../../support/image-event.ts';

const MINUTE_MS = 60_000;
const codec = createLocalCodec();

/** What lies on image-counts after events that ended at these times. */
async function counted(events: readonly (Partial<ImageProcessed> & { readonly atMs: number })[]) {
  const driver = new TopologyTestDriver(
    countsTopology({
      imageStats: 'image-stats',
      imageCounts: 'image-counts',
      codec,
      onUndecodable: () => {},
    }),
  );
  for (const { atMs, ...change } of events) {
    const value = codec.encodeProcessed(anEvent(change));
    await driver.pipe({ topic: 'image-stats', key: null, value, timestamp: atMs });
  }
  const records = driver.readOutput('image-counts');
  await driver.close();
  return Promise.all(
    records.map(async ({ key, value }) => {
      const count = await codec.decodeCount(value);
      return { key: key?.toString(), ...(count.ok ? count.value : { problem: count.reason }) };
    }),
  );
}

describe('the application "counts"', () => {
  it('gives one count for each customer, type and minute, when the minute and its grace are over', async () => {
    const counts = await counted([
      { atMs: 1 },
      { atMs: 59_999, outcome: 'failed' },
      { atMs: 30_000, customerId: 'birch', type: 'png', outcome: 'rejected' },
      { atMs: MINUTE_MS },
      { atMs: 2 * MINUTE_MS },
    ]);
    expect(counts).toHaveLength(2);
    expect(counts).toContainEqual({
      key: '["acme","jpeg",0]',
      customerId: 'acme',
      type: 'jpeg',
      windowStart: 0,
      windowEnd: MINUTE_MS,
      processed: 1,
      rejected: 0,
      failed: 1,
    });
    expect(counts).toContainEqual(expect.objectContaining({ customerId: 'birch', type: 'png', rejected: 1 }));
  });

  it('counts what is late within the grace, and nothing twice after it', async () => {
    const counts = await counted([
      { atMs: 1 },
      { atMs: 2 * MINUTE_MS - 1 },
      { atMs: 2 },
      { atMs: 2 * MINUTE_MS },
      { atMs: 3 },
      { atMs: 4 * MINUTE_MS },
    ]);
    expect(counts.map(({ key, ...count }) => [key, 'processed' in count && count.processed])).toEqual([
      ['["acme","jpeg",0]', 2],
      ['["acme","jpeg",60000]', 1],
      ['["acme","jpeg",120000]', 1],
    ]);
  });

  it('counts images, not corrections of them', async () => {
    const replaces = { revision: 1, outcome: 'failed', type: 'jpeg', receivedAt: 0 } as const;
    const counts = await counted([
      { atMs: 1, outcome: 'failed' },
      { atMs: 2, revision: 2, attemptId: 'again', replaces },
      { atMs: 2 * MINUTE_MS },
    ]);
    expect(counts).toMatchObject([{ processed: 0, failed: 1 }]);
  });
});
