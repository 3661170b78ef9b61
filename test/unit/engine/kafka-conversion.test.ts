import { describe, expect, it } from 'vitest';
import { fromHeaders, toHeaders } from '../../../src/topology/kafka/convert.ts';
import { messageList } from '../../../src/topology/kafka/mended.ts';
import { Router } from '../../../src/topology/kafka/partitioner.ts';

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

describe('the message list', () => {
  it('groups as an ordinary array does, for the reduce that KafkaJS runs', () => {
    type Grouped = Record<string, { key?: unknown }[]>;
    const router = new Router();
    const partitioner = router.createPartitioner();
    const partitionMetadata = Array.from({ length: 5 }, (_, partitionId) => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [1],
      isr: [1],
    }));
    const messages = Array.from({ length: 3_000 }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
    const list = messageList((message) => router.partitionOf('t', message));
    for (const message of messages) list.push(message);
    const step = (
      grouped: Grouped,
      message: { key?: string | Buffer | null; value: string | Buffer | null },
    ): Grouped => {
      const partition = partitioner({ topic: 't', partitionMetadata, message });
      return Object.assign(grouped, { [partition]: [...(grouped[partition] ?? []), message] });
    };
    expect(list.reduce<Grouped>(step, {})).toEqual(messages.reduce<Grouped>(step, {}));
  });
});
