import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { fromHeaders, toHeaders } from '../../../src/topology/kafka/convert.ts';
import { messageList } from '../../../src/topology/kafka/mended.ts';
import { murmur2 } from '../../../src/topology/kafka/murmur2.ts';
import { partitionOfKey, Router } from '../../../src/topology/kafka/partitioner.ts';

describe('headers', () => {
  it('keep names that come twice, null values and their order', () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ] as const;
    expect(fromHeaders(toHeaders(headers))).toEqual([
      ['a', Buffer.from('1')],
      ['a', Buffer.from('2')],
      ['b', null],
    ]);
  });
});

const metadataOf = (leaders: readonly number[]) =>
  leaders.map((leader, partitionId) => ({
    partitionId,
    leader,
    partitionErrorCode: 0,
    replicas: [leader],
    isr: [leader],
  }));

/** A router over topics of these leaders, by partition. */
const routerOver = (topics: Readonly<Record<string, readonly number[]>>) =>
  new Router({
    addMultipleTargetTopics: async () => {},
    findTopicPartitionMetadata: (topic) => metadataOf(topics[topic] ?? []),
  });

const recordOf = (topic: string, key: string) => ({
  topic,
  key: Buffer.from(key),
  value: null,
  timestamp: 1,
  headers: [],
});

describe("a sink's own choice of a partition", () => {
  const route = (choosePartition: (partitions: number) => number) =>
    routerOver({ t: [1, 1, 1] }).byLeader([{ ...recordOf('t', 'k'), choosePartition }]);

  it('is asked with the number of partitions', async () => {
    const [group] = await route((partitions) => partitions - 1);
    expect(group?.get('t')).toMatchObject([{ partition: 2 }]);
  });

  it.each([-1, 3, 1.5, Number.NaN])('fails for good where it is %s of three', async (chosen) => {
    await expect(route(() => chosen)).rejects.toMatchObject({
      code: 'PARTITIONER_FAILED',
      disposition: 'fail',
      message: expect.stringContaining(
        `for t answered ${chosen}; it has to answer a whole number from 0 to 2`,
      ),
    });
  });

  it('fails for good where it throws', async () => {
    const choose = () => {
      throw new Error('no such region');
    };
    await expect(route(choose)).rejects.toMatchObject({
      code: 'PARTITIONER_FAILED',
      message: expect.stringContaining('no such region'),
    });
  });
});

describe('the partition of a key', () => {
  it("comes from the hash that Kafka's own tests expect", () => {
    const hashes = {
      '21': -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    };
    for (const [key, hash] of Object.entries(hashes)) expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it("is the one that KafkaJS' default partitioner chooses", () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (array, partitions) => {
        const key = Buffer.from(array);
        const partitionMetadata = metadataOf(Array.from({ length: partitions }, () => 1));
        expect(partitionOfKey(key, partitions)).toBe(
          theirs({ topic: 't', partitionMetadata, message: { key, value: null } }),
        );
      }),
    );
  });

  it('decides where a chooser, against its type, chooses none', async () => {
    const choosePartition = (() => undefined) as unknown as () => number;
    const [group] = await routerOver({ a: [1, 1, 1, 1] }).byLeader([
      { ...recordOf('a', 'x'), choosePartition },
    ]);
    expect(group?.get('a')?.[0]?.partition).toBe(partitionOfKey(Buffer.from('x'), 4));
  });

  it('is one that has a leader where there is no key, each in turn', async () => {
    const records = Array.from({ length: 4 }, () => ({ ...recordOf('a', ''), key: null }));
    const groups = await routerOver({ a: [1, -1, 1] }).byLeader(records);
    const chosen = groups.flatMap((group) => group.get('a') ?? []).map(({ partition }) => partition);
    expect(chosen.toSorted()).toEqual([0, 0, 2, 2]);
  });
});

describe('the router', () => {
  it('puts together what goes to one leader, in order, and no more: KafkaJS repeats a part of a send to several', async () => {
    const topics = { a: [1, 2, 3, 1], b: [3, 3, 2] };
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    const records = keys.map((key, i) => recordOf(i % 3 === 0 ? 'b' : 'a', key));
    const groups = await routerOver(topics).byLeader(records);
    const leaders = groups.map((group) => [
      ...new Set(
        [...group].flatMap(([topic, messages]) =>
          messages.map(({ partition = -1 }) => topics[topic === 'a' ? 'a' : 'b'][partition]),
        ),
      ),
    ]);
    expect(leaders.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(leaders.flat().toSorted()).toEqual([1, 2, 3]);
    for (const topic of ['a', 'b'] as const)
      for (const partition of topics[topic].keys()) {
        const sent = groups
          .flatMap((group) => group.get(topic) ?? [])
          .filter((m) => m.partition === partition);
        const wanted = records.filter(
          ({ key, topic: to }) => to === topic && partitionOfKey(key, topics[topic].length) === partition,
        );
        expect(sent.map(({ key }) => key)).toEqual(wanted.map(({ key }) => key));
      }
  });

  it("keeps a record's own partition, and asks its chooser for one", async () => {
    const router = routerOver({ a: [1, 1, 1, 1] });
    const [group] = await router.byLeader([
      { ...recordOf('a', 'x'), partition: 3 },
      { ...recordOf('a', 'x'), choosePartition: (partitions) => partitions - 2 },
    ]);
    expect(group?.get('a')?.map(({ partition }) => partition)).toEqual([3, 2]);
  });
});

describe('the message list', () => {
  it('groups as an ordinary array does, for the reduce that KafkaJS runs', () => {
    type Grouped = Record<string, unknown[]>;
    const messages = Array.from({ length: 3_000 }, (_, i) => ({
      key: `k${i}`,
      value: `${i}`,
      partition: (i * 7) % 5,
    }));
    const step = (grouped: Grouped, message: { readonly partition?: number }): Grouped => {
      const partition = message.partition ?? -1;
      return Object.assign(grouped, { [partition]: [...(grouped[partition] ?? []), message] });
    };
    expect(messageList(messages).reduce<Grouped>(step, {})).toEqual(messages.reduce<Grouped>(step, {}));
  });
});
