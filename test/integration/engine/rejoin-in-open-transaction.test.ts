import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder, type Topology } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, tally, until } from '../../support/engine-lab.ts';
import { END_TXN, KafkaProxy } from '../../support/kafka-proxy.ts';

const PARTITIONS = 4;

function passOn(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .mapAsync(async (value) => value, { as: 'pass', concurrency: 16 })
    .to(output);
  return builder.build();
}

describe('a rejoin in the middle of an open transaction', () => {
  let lab: EngineLab;
  let proxy: KafkaProxy;

  beforeAll(async () => {
    const brokers = (await sharedStack()).addresses.kafka;
    lab = await EngineLab.open(brokers);
    proxy = await KafkaProxy.start(brokers);
  });
  afterAll(async () => {
    await lab.close();
    await proxy.close();
  });

  it('loses and doubles nothing where tasks are kept, moved, and moved back', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'in', 'out');
    const topology = passOn(input, output);
    const committed = await lab.read(output);
    const first = lab.instance(topology, { via: proxy.address });
    await first.start();

    // every task of the first instance has written its outputs and cannot end its transaction
    await lab.feed(input, PARTITIONS, 0, 400);
    proxy.hold(END_TXN);
    await lab.feed(input, PARTITIONS, 400, 800);
    await until('transactions are open', () => proxy.held >= PARTITIONS);
    const openBefore = committed.length;

    // kept and moved: a second instance takes half of the tasks over, transactions still open
    const second = lab.instance(topology);
    await second.start();
    expect(second.metrics().tasks).toBe(PARTITIONS / 2);
    expect(first.metrics().tasks).toBe(PARTITIONS / 2);
    await until('what moved is done by its new owner', () => committed.length >= openBefore + 200);

    // moved back: the first gets them again while its old requests still wait in the network
    await second.close();
    await until(
      'the first instance runs all tasks',
      () => first.state === 'RUNNING' && first.metrics().tasks === PARTITIONS,
    );
    expect(proxy.held).toBeGreaterThanOrEqual(PARTITIONS);
    proxy.release();

    await lab.feed(input, PARTITIONS, 800, 1000);
    await until('all records are out', () => tally(committed, 1000).missing === 0);
    expect(tally(committed, 1000)).toEqual({ missing: 0, double: 0 });
    expect(committed).toHaveLength(1000);
  });
});
