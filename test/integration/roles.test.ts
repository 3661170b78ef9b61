import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { withWarehouse } from '../../src/warehouse/connection.ts';
import { migrate } from '../../src/warehouse/migrate.ts';
import { imageMaker } from '../faults/harness/images.ts';
import { Instance } from '../faults/harness/instance.ts';
import { createRunTopics, topicVariables } from '../faults/harness/topics.ts';
import { sharedStack } from '../shared-stack.ts';

test('one process runs every role: with Redis away from the start, images are developed and readiness names the role', async () => {
  const stack = await sharedStack();
  const run = `roles-${Date.now().toString(36)}`;
  const kafka = new Kafka({ brokers: [stack.addresses.kafka], logLevel: logLevel.NOTHING });
  const topics = await createRunTopics(kafka, run);
  await withWarehouse(stack.addresses.warehouse, (warehouse) => migrate(warehouse, Date.now()));
  const service = new Instance('service', {
    ...stack.environment(),
    ...topicVariables(topics),
    APPLICATION_ID: run,
    REDIS_PREFIX: run,
    WORKERS: '1',
    HTTP_PORT: '0',
  });
  const ask = async (path: string) => {
    const http = /"http":"([^"]+)"/.exec(service.words())?.[1];
    return (await fetch(`${http}${path}`)).text();
  };
  const producer = kafka.producer({ idempotent: true });
  await stack.component('redis').kill();
  const started = service.start();
  started.catch(() => {}); // awaited below
  try {
    await expect
      .poll(() => service.words(), { timeout: 30_000 })
      .toMatch(/"role":"develop".*"msg":"the role is ready"/);
    await producer.connect();
    const headers = { 'customer-id': 'acme', 'image-id': run };
    await producer.send({
      topic: topics.stream,
      messages: [{ value: (await imageMaker())(0, run), headers }],
    });
    await expect
      .poll(() => ask('/metrics'), { timeout: 20_000 })
      .toMatch(/darkroom_images_total\{outcome="processed".*\} 1/);
    const { ready, causes } = JSON.parse(await ask('/health/ready'));
    expect(ready).toBe(false);
    expect(causes[0]).toMatch(/^counters: Redis unreachable since /);
    expect(causes.filter((cause: string) => !cause.startsWith('counters: '))).toEqual([]);

    await stack.component('redis').start();
    await started;
    await expect
      .poll(() => ask('/metrics'), { timeout: 20_000 })
      .toMatch(/darkroom_redis_images_counted_total\{role="counters"\} 1/);
    expect(JSON.parse(await ask('/health/ready'))).toEqual({ ready: true, state: 'RUNNING', causes: [] });
    expect(await service.terminate()).toBe(0);
  } finally {
    await stack.component('redis').start();
    await service.kill();
    await producer.disconnect();
  }
});
