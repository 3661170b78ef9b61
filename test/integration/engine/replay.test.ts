import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExternalSink, ReplayFromError, StreamsBuilder } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

/** Counts each offset of each partition once, by a fence; can be made to forget. */
class FencedCounter implements ExternalSink {
  readonly name = 'counter';
  readonly fenced = true;
  readonly applied = new Map<string, number>();
  readonly begun: number[] = [];
  #fences = new Map<number, number>();

  forget(): void {
    this.applied.clear();
    this.#fences.clear();
  }

  write: ExternalSink['write'] = async (batch, { ranges }) => {
    const lost = ranges.filter(({ partition, from }) => (this.#fences.get(partition) ?? 0) < from);
    if (lost.length > 0) {
      const positions = lost.map(({ topic, partition }) => ({
        topic,
        partition,
        offset: this.#fences.get(partition) ?? 0,
      }));
      throw new ReplayFromError('the counter has forgotten', positions);
    }
    for (const { context, value } of batch) {
      if (context.offset < (this.#fences.get(context.partition) ?? 0)) continue;
      this.applied.set(String(value), (this.applied.get(String(value)) ?? 0) + 1);
    }
    for (const { partition, to } of ranges)
      this.#fences.set(partition, Math.max(to, this.#fences.get(partition) ?? 0));
  };

  async beginAt({
    partition,
    offset,
  }: {
    readonly partition: number;
    readonly offset: number;
  }): Promise<void> {
    this.begun.push(offset);
    this.#fences.set(partition, offset);
  }
}

describe('a sink that has lost what it had acknowledged', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterAll(() => lab.close());

  it('gets it again from where it says, each record once; from the start of the topic where more is gone', async () => {
    const [input = ''] = await lab.topics(2, 'in');
    const counter = new FencedCounter();
    const builder = new StreamsBuilder();
    builder.stream(input).to(counter, { lingerMs: 10 });
    const streams = lab.instance(builder.build());
    await streams.start();
    await lab.feed(input, 2, 0, 100);
    await until('all are counted', () => counter.applied.size === 100);

    counter.forget();
    await lab.feed(input, 2, 100, 150);
    await until('all are counted again', () => counter.applied.size === 150 && streams.state === 'RUNNING');
    expect([...counter.applied.values()].every((times) => times === 1)).toBe(true);

    counter.forget();
    await lab.admin.fetchTopicOffsets(input); // makes KafkaJS know the topic's leaders
    await lab.admin.deleteTopicRecords({
      topic: input,
      partitions: [0, 1].map((partition) => ({ partition, offset: '40' })),
    });
    await lab.feed(input, 2, 150, 160);
    await until('what the topic still has is counted', () => counter.applied.size === 80);
    expect(counter.begun).toEqual([40, 40]);
    expect([...counter.applied.values()].every((times) => times === 1)).toBe(true);
  });
});
