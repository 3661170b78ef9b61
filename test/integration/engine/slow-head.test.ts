import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { durations } from '../../support/durations.ts';
import { EngineLab, tally, until } from '../../support/engine-lab.ts';

const PARTITIONS = 4;

describe('a head of the line that takes longer than the transaction time-out', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterAll(() => lab.close());

  it('keeps no transaction open, stops no other partition and no reader, and is committed itself', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'in', 'out');
    const head = Promise.withResolvers<void>();
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .mapAsync(
        async (value) => {
          if (value?.toString() === '0') await head.promise;
          return value;
        },
        { as: 'slow', concurrency: 16 },
      )
      .to(output);
    const committed = await lab.read(output);
    const streams = lab.instance(builder.build(), { transactionTimeoutMs: durations.shortTransaction });
    await streams.start();

    const startedAtMs = Date.now();
    const total = 240;
    for (let at = 0; at < total; at += 40) {
      await lab.feed(input, PARTITIONS, at, at + 40);
      const others = ((at + 40) * (PARTITIONS - 1)) / PARTITIONS;
      // a transaction that waits for the head would hold them back until the broker ends it, and its commit would fail
      await until('the other partitions are read', () => committed.length >= others);
      expect(committed.every(({ value }) => Number(value) % PARTITIONS !== 0)).toBe(true);
      await delay(500);
    }
    await delay(Math.max(0, durations.slowHead - (Date.now() - startedAtMs)));
    head.resolve();
    await until('the head and all behind it are out', () => committed.length >= total);
    expect(tally(committed, total)).toEqual({ missing: 0, double: 0 });
    expect(streams.metrics().commitFailures).toBe(0);
    const delayed = committed.filter(({ value }) => Number(value) % PARTITIONS === 0);
    for (const records of Map.groupBy(delayed, ({ partition }) => partition).values()) {
      const values = records.map(({ value }) => Number(value));
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });
});
