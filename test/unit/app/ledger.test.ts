import { describe, expect, it } from 'vitest';
import { LEDGER_RETENTION_MS, ledger, ledgerStore } from '../../../src/app/ledger.ts';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';
import { jsonSerde } from '../../../src/serdes/json-serde.ts';
import { StreamsBuilder, stringSerde, TopologyTestDriver } from '../../../src/topology/index.ts';
import { anEvent } from '../../support/image-event.ts';

const START_MS = Date.parse('2026-11-21T00:00:00.000Z');

/** What the ledger lets pass of events, each an attempt that ended `afterMs` later. */
async function passed(
  attempts: readonly (Partial<ImageProcessed> & { readonly afterMs?: number })[],
): Promise<{ events: ImageProcessed[]; repeats: number }> {
  const serdes = { key: stringSerde, value: jsonSerde<ImageProcessed>() };
  const builder = new StreamsBuilder();
  let repeats = 0;
  builder.addStateStore(ledgerStore);
  builder
    .stream('outcomes', serdes)
    .processValues(
      ledger(() => repeats++),
      { as: 'ledger', stores: [ledgerStore] },
    )
    .to('image-stats', serdes);
  const driver = new TopologyTestDriver(builder.build());
  for (const { afterMs = 0, ...change } of attempts) {
    const event = anEvent({ processedAt: START_MS + afterMs, ...change });
    const value = serdes.value.serialize('outcomes', event);
    await driver.pipe({
      topic: 'outcomes',
      key: Buffer.from(event.eventId),
      value,
      timestamp: event.processedAt,
    });
  }
  const events = driver
    .readOutput('image-stats')
    .map(({ value }) => serdes.value.deserialize('image-stats', value));
  await driver.close();
  return { events, repeats };
}

describe('the ledger', () => {
  it('lets the first event of an image pass as revision 1', async () => {
    const { events, repeats } = await passed([{}]);
    expect(events).toMatchObject([{ revision: 1, replaces: null }]);
    expect(repeats).toBe(0);
  });

  it('drops repeats of an attempt, whatever they say, and those of other images not', async () => {
    const { events, repeats } = await passed([
      { eventId: 'cat' },
      { eventId: 'dog', afterMs: 1 },
      { eventId: 'cat', outcome: 'failed', afterMs: 2 },
      { eventId: 'cat', afterMs: LEDGER_RETENTION_MS / 2 },
    ]);
    expect(events.map(({ eventId }) => eventId)).toEqual(['cat', 'dog']);
    expect(repeats).toBe(2);
  });

  it('numbers further attempts, names what they replace, and counts them in the time of the first', async () => {
    const receivedAt = START_MS - 5_000;
    const { events, repeats } = await passed([
      { outcome: 'failed', type: 'unknown', receivedAt },
      { attemptId: 'again', outcome: 'processed', receivedAt: START_MS, afterMs: 60_000 },
      { attemptId: 'again', afterMs: 60_001 },
      { afterMs: 60_002 },
      { attemptId: 'third', outcome: 'rejected', afterMs: 120_000 },
    ]);
    expect(events).toMatchObject([
      { revision: 1, outcome: 'failed', receivedAt, replaces: null },
      {
        revision: 2,
        outcome: 'processed',
        receivedAt,
        replaces: { revision: 1, outcome: 'failed', type: 'unknown', receivedAt },
      },
      {
        revision: 3,
        outcome: 'rejected',
        receivedAt,
        replaces: { revision: 2, outcome: 'processed', type: 'jpeg', receivedAt },
      },
    ]);
    expect(repeats).toBe(2);
  });

  it('is not confused by an instance whose clock is behind', async () => {
    const { events, repeats } = await passed([
      { afterMs: 1_000 },
      { attemptId: 'b', afterMs: 0 },
      { attemptId: 'b', afterMs: 2_000 },
      { attemptId: 'c', afterMs: 0 },
    ]);
    expect(events.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(repeats).toBe(1);
  });

  it('forgets an image after 45 days', async () => {
    const { events } = await passed([
      {},
      { afterMs: LEDGER_RETENTION_MS - 1_000 },
      { afterMs: LEDGER_RETENTION_MS + 1 },
    ]);
    expect(events).toMatchObject([{ revision: 1 }, { revision: 1 }]);
  });
});
