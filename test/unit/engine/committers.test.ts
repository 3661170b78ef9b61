import kafkajs from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { StreamsError } from '../../../src/topology/errors.ts';
import { CommitPlan } from '../../../src/topology/kafka/commit-plan.ts';
import { AtLeastOnceCommitter, ExactlyOnceCommitter } from '../../../src/topology/kafka/committers.ts';
import { CommitError } from '../../../src/topology/kafka/errors.ts';
import { mend } from '../../../src/topology/kafka/mended.ts';
import type { StagedBatch } from '../../../src/topology/task/stage.ts';
import { WriteLimits } from '../../../src/topology/task/write-limits.ts';

/** Committers of a client that is never connected. */
function committers() {
  const kafka = new kafkajs.Kafka({
    brokers: ['127.0.0.1:1'],
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  mend(kafka);
  const consumer = kafka.consumer({ groupId: 'g' });
  const plan = new CommitPlan({ partition: 0, stores: [], changelogOf: (store) => store });
  const limits = new WriteLimits(() => 0);
  const options = { kafka, taskId: '0_0', groupId: 'g', plan, limits, relearn: async () => {} };
  return {
    consumer,
    atLeastOnce: new AtLeastOnceCommitter({ ...options, consumer }),
    exactlyOnce: new ExactlyOnceCommitter({ ...options, transactionalId: 'x', transactionTimeoutMs: 1_000 }),
  };
}

const batchOf = (clocks: number): StagedBatch => ({
  outputs: [],
  external: new Map(),
  writes: [],
  positions: [{ topic: 'in', partition: 0, from: 0, to: 1 }],
  records: 1,
  bytes: 0,
  streamTimeMs: 100,
  clocks: new Map(Array.from({ length: clocks }, (_, i) => [`a-store-with-a-name-of-some-length-${i}`, i])),
  partitionTimesMs: new Map(),
});

describe('a commit', () => {
  it.each(['atLeastOnce', 'exactlyOnce'] as const)(
    'whose offsets cannot be written fails for good, before anything is sent (%s)',
    async (guarantee) => {
      const commit = committers()[guarantee].commit(batchOf(110));
      await expect(commit).rejects.toMatchObject({ code: 'CLOCKS_TOO_MANY', disposition: 'fail' });
    },
  );

  it('that is refused for good says so in the words of the refusal', async () => {
    const { consumer, atLeastOnce } = committers();
    const refusal = new StreamsError('KAFKA_TLS', 'fail', 'the certificate is out of date');
    vi.spyOn(consumer, 'commitOffsets').mockRejectedValue(refusal);
    await expect(atLeastOnce.commit(batchOf(1))).rejects.toBe(refusal);
  });

  it('is tried again after any other failure, also one that time may heal', async () => {
    const { consumer, atLeastOnce } = committers();
    const failures = [new Error('gone'), new StreamsError('KAFKA_UNREACHABLE', 'retry', 'no answer')];
    for (const failure of failures) {
      vi.spyOn(consumer, 'commitOffsets').mockRejectedValueOnce(failure);
      const error: unknown = await atLeastOnce.commit(batchOf(1)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CommitError);
      expect(error).toMatchObject({ fatal: false, cause: failure });
    }
  });
});
