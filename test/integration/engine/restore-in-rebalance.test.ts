import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { COUNTS, countTopology, KEYS, wrongCounts } from '../../support/count-topology.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';
import { KafkaProxy } from '../../support/kafka-proxy.ts';

const PARTITIONS = 4;
const FETCH = 1;

describe('a rebalance in the middle of a restore', () => {
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

  it('lets the tasks that stay go on where they were, and gives up those that move', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'mid-in', 'mid-out');
    const topology = countTopology(input, output);
    const committed = await lab.read(output);
    const before = lab.instance(topology);
    await before.start();
    await lab.feed(input, PARTITIONS, 0, 400);
    await until('all are counted', () => committed.length >= 400);
    await before.close();
    const changelog = await lab.readAll(`${lab.id}-app-${COUNTS}-changelog`);

    // its restores do not come on: nothing that they ask for is answered
    const said: { message: string; fields: Record<string, unknown> }[] = [];
    const info: Logger['info'] = (fields, message) => said.push({ message, fields: { ...fields } });
    const logger = { debug: () => {}, info, warn: () => {}, error: () => {} };
    const messages = (message: string) => said.filter((one) => one.message === message);
    proxy.hold(FETCH);
    const slow = lab.instance(topology, { via: proxy.address, logger });
    const slowStarted = slow.start();
    slowStarted.catch(() => {}); // awaited below
    await until('every task is being restored', () => slow.metrics().restore.length === PARTITIONS);
    expect(proxy.held).toBeGreaterThan(0);

    const other = lab.instance(topology);
    await other.start();
    await until('the slow one has joined again', () => messages('joined the group').length === 2);
    expect(messages('joined the group')[1]?.fields).toMatchObject({ newMember: false, taken: [] });
    expect(other.metrics().tasksRunning).toBe(PARTITIONS / 2);
    expect(slow.metrics().tasksRunning).toBe(0);

    proxy.release();
    await slowStarted;
    const restored = messages('restored').map(({ fields }) => Number(fields.partition));
    expect(new Set(restored).size).toBe(PARTITIONS / 2);
    expect(restored).toHaveLength(PARTITIONS / 2);
    const kept = changelog.filter(({ partition }) => restored.includes(partition));
    expect(slow.metrics().recordsRestored).toBe(kept.length);

    await lab.feed(input, PARTITIONS, 400, 400 + 5 * KEYS);
    await until('all are counted', () => committed.length >= 400 + 5 * KEYS);
    expect(wrongCounts(committed, 400 + 5 * KEYS)).toEqual([]);
  });
});
