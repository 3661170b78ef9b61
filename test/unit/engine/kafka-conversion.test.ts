import { describe, expect, it } from 'vitest';
import { fromHeaders, toHeaders } from '../../../src/topology/kafka/convert.ts';
import { messageList } from '../../../src/topology/kafka/mended.ts';

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
    type Grouped = Record<string, { value: string; partition?: number }[]>;
    const messages = Array.from({ length: 3_000 }, (_, i) => ({ value: `${i}`, partition: i % 3 }));
    const list = messageList();
    for (const message of messages) list.push(message);
    const step = (grouped: Grouped, message: { value: unknown; partition?: number | undefined }): Grouped => {
      const current = grouped[message.partition ?? 0] ?? [];
      return Object.assign(grouped, { [message.partition ?? 0]: [...current, message] });
    };
    const plain = messages.reduce<Grouped>(step, {});
    expect(list.reduce<Grouped>(step, {})).toEqual(plain);
  });
});
