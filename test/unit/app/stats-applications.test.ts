import { describe, expect, it } from 'vitest';
import { countersTopology } from '../../../src/app/counters.ts';
import { warehouseTopology } from '../../../src/app/warehouse.ts';
import { createLocalCodec } from '../../../src/serdes/local-codec.ts';
import {
  type ExternalSink,
  type OffsetRange,
  StreamsError,
  type Topology,
  TopologyTestDriver,
} from '../../../src/topology/index.ts';
import { COLUMN_NAMES } from '../../../src/warehouse/columns.ts';
import { anEvent } from '../../support/image-event.ts';

const local = createLocalCodec();

class Collected<V> implements ExternalSink<unknown, V> {
  readonly name = 'collected';
  readonly fenced = true;
  readonly values: V[] = [];
  readonly ranges: OffsetRange[] = [];
  write: ExternalSink<unknown, V>['write'] = async (batch, { ranges }) => {
    this.values.push(...batch.map(({ value }) => value));
    this.ranges.push(...ranges);
  };
}

async function run(topology: Topology, values: readonly (Buffer | null)[], timestamp = 1): Promise<void> {
  const driver = new TopologyTestDriver(topology);
  for (const value of values) await driver.pipe({ topic: 'image-stats', key: null, value, timestamp });
  await driver.close();
}

const deps = (left: string[] = []) => ({
  imageStats: 'image-stats',
  codec: local,
  onUndecodable: ({ code, reason }: { code: string; reason: string }, { offset }: { offset: number }) =>
    left.push(`${offset} ${code} ${reason}`),
});

describe('the application "warehouse"', () => {
  it('makes of each event a row with every column, its place in the topic, and null for what is absent', async () => {
    const sink = new Collected<object>();
    await run(warehouseTopology({ ...deps(), sink }), [
      local.encodeProcessed(anEvent()),
      local.encodeProcessed(
        anEvent({ outcome: 'rejected', code: 'IMAGE_CORRUPT', pipeline: null, renditions: [] }),
      ),
    ]);
    const [first = {}, second = {}] = sink.values;
    expect(Object.keys(first)).toEqual(COLUMN_NAMES);
    expect(first).toMatchObject({
      event_id: '0123456789abcdef0123456789abcdef',
      attempt_id: null,
      renditions: 2,
      rendition_bytes: 120,
      received_at: '2026-11-20T23:59:59.999Z',
      created_at: null,
      stats_partition: 0,
      stats_offset: 0,
    });
    expect(second).toMatchObject({ code: 'IMAGE_CORRUPT', pipeline: null, renditions: 0, stats_offset: 1 });
  });

  it('leaves out what is no event, says so, and goes on', async () => {
    const left: string[] = [];
    const sink = new Collected<object>();
    await run(warehouseTopology({ ...deps(left), sink }), [
      Buffer.from('no Avro'),
      null,
      local.encodeProcessed(anEvent()),
    ]);
    expect(sink.values).toHaveLength(1);
    expect(left).toEqual([
      expect.stringMatching(/^0 AVRO_UNDECODABLE /),
      expect.stringMatching(/^1 AVRO_UNDECODABLE /),
    ]);
  });

  it('waits for a registry that is not to be reached', async () => {
    let attempts = 0;
    const sink = new Collected<object>();
    const codec = {
      decodeProcessed: async (bytes: Buffer | null) => {
        if (++attempts < 3) throw new StreamsError('REGISTRY_UNREACHABLE', 'retry', 'no answer');
        return local.decodeProcessed(bytes);
      },
    };
    await run(warehouseTopology({ ...deps(), codec, sink }), [local.encodeProcessed(anEvent())]);
    expect(attempts).toBe(3);
    expect(sink.values).toHaveLength(1);
  });

  it('describes itself', () => {
    expect(warehouseTopology({ ...deps(), sink: new Collected<object>() }).describe()).toContain('collected');
  });
});

describe('the application "counters"', () => {
  it('counts by customer, type, outcome and the day on which the image was received, in UTC', async () => {
    const sink = new Collected<object>();
    await run(countersTopology({ ...deps(), sink }), [
      local.encodeProcessed(anEvent()),
      local.encodeProcessed(anEvent({ customerId: 'birch', type: 'png', outcome: 'failed', receivedAt: 0 })),
    ]);
    expect(sink.values).toEqual([
      { customerId: 'acme', type: 'jpeg', outcome: 'processed', change: 1, day: '2026-11-20' },
      { customerId: 'birch', type: 'png', outcome: 'failed', change: 1, day: '1970-01-01' },
    ]);
  });

  it('takes out what a correction replaces, as it was counted, before it counts the correction', async () => {
    const sink = new Collected<object>();
    const replaces = { revision: 1, outcome: 'failed', type: 'unknown', receivedAt: 0 } as const;
    const correction = anEvent({ revision: 2, attemptId: 'again', receivedAt: 0, replaces });
    await run(countersTopology({ ...deps(), sink }), [local.encodeProcessed(correction)]);
    const counted = { customerId: 'acme', day: '1970-01-01' };
    expect(sink.values).toEqual([
      { ...counted, type: 'unknown', outcome: 'failed', change: -1 },
      { ...counted, type: 'jpeg', outcome: 'processed', change: 1 },
    ]);
  });

  it('gives the fence every offset, also of what is left out', async () => {
    const sink = new Collected<object>();
    await run(countersTopology({ ...deps(), sink }), [
      local.encodeProcessed(anEvent()),
      Buffer.from('no Avro'),
      local.encodeProcessed(anEvent()),
    ]);
    expect(sink.values).toHaveLength(2);
    expect(sink.ranges.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('stops for no time that a producer may write, nor for none', async () => {
    const sink = new Collected<object>();
    const times = [4e15, -4e15];
    await run(
      countersTopology({ ...deps(), sink }),
      times.map((receivedAt) => local.encodeProcessed(anEvent({ receivedAt }))),
      -1,
    );
    expect(sink.values).toMatchObject([{ day: '9999-12-31' }, { day: '0001-01-01' }]);
  });
});
