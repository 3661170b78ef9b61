import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExternalSink, StreamsBuilder, stringSerde } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, tally, until } from '../../support/engine-lab.ts';

describe('a repartition on a broker', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterAll(() => lab.close());

  it('makes its own topic, brings records of one key together, and an external sink sees each', async () => {
    const [input = '', output = ''] = await lab.topics(3, 'in', 'out');
    const written: string[] = [];
    const sink: ExternalSink<string | null, string | null> = {
      name: 'list',
      write: async (batch) => {
        for (const { value } of batch) written.push(value ?? '');
      },
    };
    const builder = new StreamsBuilder();
    const byDigit = builder.stream(input, { key: stringSerde, value: stringSerde }).repartition({
      as: 'by-digit',
      partitions: 5,
      by: (value) => (value ?? '').slice(-1),
      key: stringSerde,
    });
    byDigit.to(output);
    byDigit.to(sink, { as: 'to-list', lingerMs: 20 });
    const topology = builder.build();
    const committed = await lab.read(output);
    const one = lab.instance(topology);
    const two = lab.instance(topology);
    await Promise.all([one.start(), two.start()]);
    await lab.feed(input, 3, 0, 300);
    await until('all are out', () => committed.length >= 300);
    expect(tally(committed, 300)).toEqual({ missing: 0, double: 0 });
    expect(new Set(written).size).toBe(300);
    const { topics } = await lab.admin.fetchTopicMetadata({ topics: [`${lab.id}-app-by-digit-repartition`] });
    expect(topics[0]?.partitions).toHaveLength(5);
    const partitionsOfDigit = Map.groupBy(committed, ({ value }) => value.slice(-1));
    for (const records of partitionsOfDigit.values())
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
  });

  it('keeps nothing there that its reader has committed', async () => {
    const [input = '', output = ''] = await lab.topics(2, 'purged-in', 'purged-out');
    const applicationId = `${lab.id}-purged`;
    const builder = new StreamsBuilder();
    builder.stream(input).repartition({ as: 'passing' }).to(output);
    const committed = await lab.read(output);
    const topology = builder.build();
    await lab.instance(topology, { applicationId, purgeIntervalMs: 300 }).start();
    await lab.feed(input, 2, 0, 100);
    await until('all are out', () => committed.length >= 100);
    const topic = `${applicationId}-passing-repartition`;
    // but for the ends of transactions
    await until('they are gone', async () =>
      (await lab.admin.fetchTopicOffsets(topic)).every(({ low, high }) => Number(high) - Number(low) < 10),
    );
    await lab.closeInstances();
    await lab.feed(input, 2, 100, 120);
    await lab.instance(topology, { applicationId }).start();
    await until('the others are out', () => committed.length >= 120);
    expect(tally(committed, 120)).toEqual({ missing: 0, double: 0 });
  });

  it('refuses to start on topics that do not exist, naming them all', async () => {
    const builder = new StreamsBuilder();
    builder.stream(`${lab.id}-nowhere`).to(`${lab.id}-never`);
    await expect(lab.instance(builder.build()).start()).rejects.toThrow(
      new RegExp(`${lab.id}-nowhere, ${lab.id}-never`),
    );
  });
});
