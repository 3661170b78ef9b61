import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { durations } from '../support/durations.ts';
import type { Chain } from './harness/chain.ts';
import { chainSurvives } from './harness/chain-survives.ts';
import { withFirehoseFaults } from './harness/firehose-faults.ts';

/** What is sent on at once stays within 5 s of the head, what is collected before takes that longer. */
const BEHIND_MS = 4_500 + durations.firehoseLinger;
const SAMPLE_MS = 500;

interface Sample {
  readonly atMs: number;
  readonly offsets: ReadonlyMap<number, number>;
}

/**
 * Watches a group until `during` has ended; resolves with the times at which it had not yet committed what had been on
 * image-stats `BEHIND_MS` before.
 */
async function timesBehind(chain: Chain, group: string, during: () => Promise<void>): Promise<number[]> {
  const kafka = new Kafka({ brokers: [chain.stack.addresses.kafka], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topic = `${chain.run}-stats`;
  const heads: Sample[] = [];
  const committed: Sample[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      const high = await admin.fetchTopicOffsets(topic);
      heads.push({ atMs: Date.now(), offsets: offsetsOf(high) });
      const [own] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      committed.push({ atMs: Date.now(), offsets: offsetsOf(own?.partitions ?? []) });
      await delay(SAMPLE_MS);
    }
  })();
  try {
    await during();
  } finally {
    over = true;
    await watching;
    await admin.disconnect();
  }
  const first = heads[0];
  const last = heads.at(-1);
  if (!first || !last || sumOf(last) - sumOf(first) < 50)
    throw new Error('image-stats has hardly grown meanwhile');
  return committed.flatMap(({ atMs, offsets }) => {
    const head = heads.findLast((sample) => sample.atMs <= atMs - BEHIND_MS);
    // the last offset of a partition is the marker of a transaction, which nobody commits
    const isBehind = [...(head?.offsets ?? [])].some(
      ([partition, high]) => (offsets.get(partition) ?? 0) < high - 1,
    );
    return isBehind ? [atMs - first.atMs] : [];
  });
}

const offsetsOf = (partitions: readonly { partition: number; offset: string }[]) =>
  new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
const sumOf = ({ offsets }: Sample) => [...offsets.values()].reduce((sum, offset) => sum + offset, 0);

test('Redis is down: the warehouse stays within 5 s of the head, and Redis counts all afterwards', async () => {
  await chainSurvives('redis-down', async (chain, say) => {
    const behind = await timesBehind(chain, `${chain.run}-warehouse`, async () => {
      await chain.stack.component('redis').kill();
      say('Redis is down');
      await delay(durations.sinkDown);
    });
    await chain.stack.component('redis').start();
    say('Redis is up again');
    expect(behind).toEqual([]);
  });
});

test('Firehose is down: the counters stay within 5 s of the head, and the warehouse has all afterwards', async () => {
  await chainSurvives('firehose-down', async (chain, say) => {
    const down = { fault: 'request-error', error: 'ServiceUnavailableException' } as const;
    say('Firehose is down');
    const [struck = 0] = await withFirehoseFaults(chain.stack, [down], async () => {
      const behind = await timesBehind(chain, `${chain.run}-counters`, () => delay(durations.sinkDown));
      expect(behind).toEqual([]);
    });
    say(`Firehose takes records again; it refused ${struck} requests`);
    expect(struck).toBeGreaterThan(2);
  });
});
