import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder, type Topology } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

let brokers: string;
let lab: EngineLab;
beforeAll(async () => {
  brokers = (await sharedStack()).addresses.kafka;
  lab = await EngineLab.open(brokers);
});
afterEach(() => lab.closeInstances());
afterAll(() => lab.close());

function copy(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder.stream(input).to(output);
  return builder.build();
}

async function deleteBefore(topic: string, offset: number): Promise<void> {
  await lab.admin.fetchTopicOffsets(topic); // makes KafkaJS know the topic's leaders
  await lab.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: `${offset}` }] });
}

describe('committed offsets that the topic no longer has', () => {
  it('stop the application with what was lost and how to go on', async () => {
    const [input = '', output = ''] = await lab.topics(1, 'expired-in', 'expired-out');
    const topology = copy(input, output);
    const committed = await lab.read(output);
    const first = lab.instance(topology);
    await first.start();
    await lab.feed(input, 1, 0, 10);
    await until('the first ten are out', () => committed.length === 10);
    await first.close();

    await lab.feed(input, 1, 10, 50);
    await deleteBefore(input, 30);
    const second = lab.instance(topology);
    await expect(second.start()).rejects.toThrow(
      `${input}-0: the application would go on at offset 10, but the topic now begins at 30; 20 records were removed`,
    );
    await until('it has ended in ERROR', () => second.state === 'ERROR');
    expect(second.health()).toMatchObject({ live: false, ready: false });
    expect(committed).toHaveLength(10);
  });
});

describe('the choice of what to do then', () => {
  it('goes on at the begin of the topic, or at its end', async () => {
    for (const [onOffsetsExpired, expected] of [
      ['earliest', ['30', '31', '32', '33', '34', '35']],
      ['latest', ['35']],
    ] as const) {
      const name = `${onOffsetsExpired}-choice`;
      const [input = '', output = ''] = await lab.topics(1, `${name}-in`, `${name}-out`);
      const topology = copy(input, output);
      const applicationId = `${lab.id}-${name}`;
      const committed = await lab.read(output);
      const first = lab.instance(topology, { applicationId });
      await first.start();
      await lab.feed(input, 1, 0, 10);
      await until('the first ten are out', () => committed.length === 10);
      await first.close();
      await lab.feed(input, 1, 10, 35);
      await deleteBefore(input, 30);
      await lab.instance(topology, { applicationId, onOffsetsExpired }).start();
      await lab.feed(input, 1, 35, 36);
      await until('the last is out', () => committed.at(-1)?.value === '35');
      expect(committed.slice(10).map(({ value }) => value)).toEqual(expected);
      await lab.closeInstances();
    }
  });
});

describe('a repartition topic', () => {
  it('whose partitions are not those that the topology asks for stops the start', async () => {
    const [input = '', output = ''] = await lab.topics(1, 'parts-in', 'parts-out');
    const topology = (partitions: number) => {
      const builder = new StreamsBuilder();
      builder.stream(input).repartition({ as: 'again', partitions }).to(output);
      return builder.build();
    };
    const first = lab.instance(topology(2), { applicationId: `${lab.id}-parts` });
    await first.start();
    await first.close();
    const second = lab.instance(topology(3), { applicationId: `${lab.id}-parts` });
    await expect(second.start()).rejects.toThrow(
      `${lab.id}-parts-again-repartition has 2 partitions and the topology now asks for 3`,
    );
  });
});

describe('a record that a topology cannot process', () => {
  it('stops the application in ERROR, with nothing of it committed', async () => {
    const [input = '', output = ''] = await lab.topics(1, 'bug-in', 'bug-out');
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .mapValues((value) => {
        if (value?.toString() === '5') throw new Error('five is too much');
        return value;
      })
      .to(output);
    const committed = await lab.read(output);
    const streams = lab.instance(builder.build(), { applicationId: `${lab.id}-bug` });
    await streams.start();
    await lab.feed(input, 1, 0, 10);
    await until('it has ended in ERROR', () => streams.state === 'ERROR');
    expect(streams.health().causes).toEqual(['five is too much']);
    expect(committed.map(({ value }) => Number(value)).every((value) => value < 5)).toBe(true);
  });
});
