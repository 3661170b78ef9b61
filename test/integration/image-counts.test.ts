import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { createRegistryCodec, type RegistryCodec } from '../../src/serdes/registry-codec.ts';
import { Instance } from '../faults/harness/instance.ts';
import { createRunTopics, type RunTopics, topicVariables } from '../faults/harness/topics.ts';
import { readCommitted } from '../recount/committed.ts';
import { sharedStack } from '../shared-stack.ts';
import { duration, durations } from '../support/durations.ts';
import { anEvent } from '../support/image-event.ts';

const closesWithinMs = durations.countsWindow + durations.promptGrace + 2 * durations.countsIdle + 35_000;

describe('the role "counts"', () => {
  const run = `counts-${Date.now().toString(36)}`;
  let stack: Stack;
  let topics: RunTopics;
  let codec: RegistryCodec;
  let producer: Producer;
  let service: Instance;

  beforeAll(async () => {
    stack = await sharedStack();
    const kafka = new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
    topics = await createRunTopics(kafka, run);
    codec = createRegistryCodec({
      url: stack.addresses.registry,
      requestTimeoutMs: 5_000,
      topics: { imageUploads: topics.uploads, imageStats: topics.stats },
    });
    producer = kafka.producer({ idempotent: true });
    service = new Instance('counts', {
      ...stack.environment(),
      ...topicVariables(topics),
      APPLICATION_ID: run,
      ROLES: 'counts',
      HTTP_PORT: '0',
      COUNTS_WINDOW: duration(durations.countsWindow),
      COUNTS_GRACE: duration(durations.promptGrace),
      COUNTS_IDLE_TIMEOUT: duration(durations.countsIdle),
    });
    await Promise.all([service.start(), codec.start(), producer.connect()]);
  });
  afterAll(async () => {
    await service.kill();
    await producer.disconnect();
  });

  /** What image-counts says, as readers of committed records see it. */
  async function counted() {
    const records = await readCommitted(stack.addresses.kafka, topics.counts);
    return Promise.all(
      records.map(async ({ value }) => {
        const decoded = await codec.decodeCount(value);
        if (!decoded.ok) throw new Error(decoded.reason);
        return decoded.value;
      }),
    );
  }

  it(
    'tells of a window when nothing comes any more, once, over a kill too',
    async () => {
      const atMs = Math.floor(Date.now() / durations.countsWindow) * durations.countsWindow;
      const events = [
        anEvent({ eventId: 'a', type: 'jpeg' }),
        anEvent({ eventId: 'b', type: 'jpeg', outcome: 'failed' }),
        anEvent({ eventId: 'b', type: 'jpeg', outcome: 'processed', revision: 2 }),
        anEvent({ eventId: 'c', type: 'png' }),
      ];
      await producer.send({
        topic: topics.stats,
        messages: events.map((event, index) => ({
          key: event.eventId,
          partition: index % 2,
          value: codec.encodeProcessed(event),
          timestamp: String(atMs + index),
        })),
      });
      await expect
        .poll(async () => (await counted()).length, { timeout: closesWithinMs, interval: 250 })
        .toBe(2);
      const window = {
        customerId: 'acme',
        windowStart: atMs,
        windowEnd: atMs + durations.countsWindow,
        rejected: 0,
      };
      const counts = await counted();
      expect(counts).toContainEqual({ ...window, type: 'jpeg', processed: 1, failed: 1 });
      expect(counts).toContainEqual({ ...window, type: 'png', processed: 1, failed: 0 });

      await service.kill();
      await service.start();
      await delay(3 * durations.countsIdle); // idle long enough to tell again, if it did
      expect(await counted()).toHaveLength(2);
    },
    2 * closesWithinMs + 60_000,
  );
});
