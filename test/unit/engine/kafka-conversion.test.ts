import { describe, expect, it } from 'vitest';
import { fromHeaders, toHeaders } from '../../../src/topology/kafka/convert.ts';
import { messageList } from '../../../src/topology/kafka/mended.ts';
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
