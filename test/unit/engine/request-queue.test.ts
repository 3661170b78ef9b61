import { expect, it } from 'vitest';
import { createKafka } from '../../../src/topology/kafka/client.ts';
import { createCluster } from '../../../src/topology/kafka/mended.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** KafkaJS' own queue, as far as it is looked into here. */
interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  destroy(): void;
}

async function queueOf(): Promise<Queue> {
  const kafka = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }, silent);
  const { pool } = await createCluster(kafka).connectionPoolBuilder.build({ host: '127.0.0.1', port: 1 });
  const queue: unknown = pool[0]?.requestQueue;
  return queue as Queue;
}

it('plans no look at requests where none waits', async () => {
  const queue = await queueOf();
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
});

it('looks again when the broker has asked for a pause', async () => {
  const queue = await queueOf();
  queue.throttledUntil = Date.now() + 60_000;
  queue.pending.push({});
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
});
