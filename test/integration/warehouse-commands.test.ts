import { randomUUID } from 'node:crypto';
import kafkajs, { type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { createRegistryCodec, type RegistryCodec } from '../../src/serdes/registry-codec.ts';
import type { Logger } from '../../src/topology/index.ts';
import { createKafka } from '../../src/topology/kafka/client.ts';
import { LoadRole } from '../../src/warehouse/load-role.ts';
import { sharedStack } from '../shared-stack.ts';
import { until } from '../support/engine-lab.ts';
import { NOW_MS, statsEvent, WarehouseLab } from '../support/warehouse-lab.ts';
import { darkroom, type Ended } from '../unit/cli/command-line.ts';

const PARTITIONS = 3;
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let stack: Stack;
let codec: RegistryCodec;
const topic = `warehouse-test-${randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  stack = await sharedStack();
  codec = createRegistryCodec({
    url: stack.addresses.registry,
    requestTimeoutMs: 10_000,
    topics: { imageUploads: 'image-uploads', imageStats: topic },
  });
  await codec.start();
});

const command = (lab: WarehouseLab, args: readonly string[]): Promise<Ended> =>
  darkroom(['warehouse', ...args], {
    env: { ...stack.environment(), WAREHOUSE_URL: lab.url, TOPIC_STATS: topic },
  });

describe('darkroom warehouse', () => {
  test('migrates once, loads, and says so in words and in JSON', async () => {
    const lab = await WarehouseLab.open(stack.addresses.warehouse, { migrated: false });
    const early = await command(lab, ['load']);
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining('darkroom warehouse migrate') });
    const first = await command(lab, ['migrate']);
    expect(first.out).toMatch(/^applied {2}001-tables.sql\n/);
    expect(await command(lab, ['migrate'])).toMatchObject({ code: 0, out: 'nothing to do\n' });
    await lab.stage([0, 1, 1].map((n) => [statsEvent(n), { partition: 0, offset: n }] as const));
    const loaded = await command(lab, ['load', '--json']);
    expect(JSON.parse(loaded.out)).toEqual({
      staged: 3,
      loaded: 2,
      repeats: 1,
      loadedThrough: new Date(NOW_MS + 1000).toISOString(),
    });
    expect(await command(lab, ['load'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 rows loaded'),
    });
    await lab.close();
  });
});

describe('darkroom warehouse check', () => {
  let lab: WarehouseLab;
  let producer: Producer;

  /** Sends events `from` to `to`, dealt over the partitions, in a transaction that is committed or not. */
  async function send(from: number, to: number, end: 'commit' | 'abort'): Promise<void> {
    const transaction = await producer.transaction();
    const messages = Array.from({ length: to - from }, (_, i) => ({
      partition: (from + i) % PARTITIONS,
      key: String(from + i),
      value: codec.encodeProcessed(statsEvent(from + i)),
    }));
    await transaction.send({ topic, messages });
    await transaction[end]();
  }

  /** Stages the events of the topic as the application would, with their places, but for those that `left` names. */
  async function deliver(left: (n: number) => boolean): Promise<void> {
    const consumer = createKafka({ brokers: [stack.addresses.kafka], clientId: 'test' }, silent).consumer({
      groupId: `${topic}-${randomUUID()}`,
      readUncommitted: false,
    });
    const rows: Parameters<WarehouseLab['stage']>[0][number][] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const decoded = await codec.decodeProcessed(message.value);
        if (!decoded.ok) throw new Error(decoded.reason);
        rows.push([decoded.value, { partition, offset: Number(message.offset) }]);
      },
    });
    await until('all events are read', () => rows.length === 60);
    await consumer.disconnect();
    await lab.stage(rows.filter(([{ eventId }]) => !left(Number(eventId))));
  }

  beforeAll(async () => {
    lab = await WarehouseLab.open(stack.addresses.warehouse);
    const kafka = createKafka({ brokers: [stack.addresses.kafka], clientId: 'test' }, silent);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
    await admin.disconnect();
    producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: topic,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await send(0, 30, 'commit');
    await send(100, 130, 'abort');
    await send(30, 60, 'commit');
    await send(200, 203, 'abort'); // the ends of all partitions hold no event
  });
  afterAll(async () => {
    await producer.disconnect();
    await lab.close();
  });

  test('finds what is missing, unless it may be on its way', async () => {
    await deliver((n) => n === 17);
    await command(lab, ['load']);
    const strict = await command(lab, ['check', '--grace', '0', '--json']);
    const report = JSON.parse(strict.out);
    expect(strict).toMatchObject({ code: 1, err: expect.stringContaining(`differs from ${topic}`) });
    expect(report).toMatchObject({ agree: false, double: 0, unreadable: 0 });
    expect(report.partitions.map(({ events }: { events: number }) => events)).toEqual([20, 20, 20]);
    expect(report.partitions.map(({ missing }: { missing: number }) => missing)).toEqual([0, 0, 1]);
    expect(report.examples[0]).toContain(statsEvent(17).eventId);
    const patient = await command(lab, ['check', '--json']);
    expect(patient.code).toBe(0);
    expect(JSON.parse(patient.out).partitions[2]).toMatchObject({ loaded: 19, pending: 1, missing: 0 });
  });

  test('agrees when all is there, also where a repeat came with another offset', async () => {
    await lab.stage([[statsEvent(17), { partition: 0, offset: 1_000_000 }]]);
    await command(lab, ['load']);
    const { code, out } = await command(lab, ['check', '--grace', '0', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ agree: true, double: 0 });
    expect(JSON.parse(out).partitions[2]).toMatchObject({ loaded: 19, repeats: 1, missing: 0, unknown: 0 });
  });

  test('finds a row too many, and a row that no event stands behind', async () => {
    await lab.connection.query(
      'ALTER TABLE darkroom.image_stats_2026_11 DROP CONSTRAINT image_stats_2026_11_pkey',
    );
    await lab.connection.query(
      'INSERT INTO darkroom.image_stats_2026_11 SELECT * FROM darkroom.image_stats_2026_11 WHERE source_offset = 3',
    );
    await lab.connection.query(
      "UPDATE darkroom.image_stats_2026_11 SET event_id = 'x' WHERE source_offset = 5",
    );
    const { code, out, err } = await command(lab, ['check', '--grace', '0']);
    expect(code).toBe(1);
    expect(out).toContain('1 events have more than one row');
    expect(err).toContain(`event ${statsEvent(3).eventId} revision 1: 2 rows`);
    expect(err).toContain('a row of x 1, which the topic does not have there');
    expect(err).toContain(`no row of event ${statsEvent(5).eventId}`);
  });
});

describe('the role load', () => {
  const roles: LoadRole[] = [];
  const role = (lab: WarehouseLab) => {
    const made = new LoadRole({ warehouse: lab.url, intervalMs: 200, logger: silent, nowMs: () => NOW_MS });
    roles.push(made);
    return made;
  };
  afterAll(() => Promise.all(roles.map((made) => made.close(1_000))));

  test('waits for a migration, says so, and goes on by itself', async () => {
    const lab = await WarehouseLab.open(stack.addresses.warehouse, { migrated: false });
    const waiting = role(lab);
    const started = waiting.start(AbortSignal.timeout(30_000));
    await until('it is known', () => waiting.health().causes.some((cause) => cause.includes('migrate')));
    expect(waiting.health().ready).toBe(false);
    expect((await command(lab, ['migrate'])).code).toBe(0);
    await started;
    expect(waiting.health()).toEqual({ ready: true, causes: [] });
    await waiting.close(5_000);
    await lab.close();
  });

  test('waits out a warehouse that is killed, and loads what was staged before and after', async () => {
    const lab = await WarehouseLab.open(stack.addresses.warehouse);
    await lab.stage([[statsEvent(1), { partition: 0, offset: 1 }]]);
    const loading = role(lab);
    await loading.start(AbortSignal.timeout(30_000));
    await stack.component('postgres').kill();
    await until('it is noticed', () => !loading.health().ready);
    expect(loading.health().causes[0]).toMatch(/^no load since .*: the warehouse is not to be reached/);
    await stack.component('postgres').start();
    await until('it is well again', () => loading.health().ready);
    const again = await WarehouseLab.connect(lab.url);
    await again.stage([
      [statsEvent(1), { partition: 0, offset: 1 }],
      [statsEvent(2), { partition: 0, offset: 2 }],
    ]);
    await until('all is loaded', async () => (await again.count('image_stats')) === 2);
    const numbers = loading.probes().flatMap(({ name, read }) => read().map(({ value }) => [name, value]));
    expect(Object.fromEntries(numbers)).toMatchObject({
      darkroom_warehouse_rows_loaded_total: 2,
      darkroom_warehouse_repeats_total: 1,
      darkroom_warehouse_loaded_through_seconds: (NOW_MS + 1000) / 1000,
    });
    await loading.close(5_000);
    await again.connection.close();
    await lab.close();
  });

  test('does not start with a password that is refused, nor past its signal', async () => {
    const lab = await WarehouseLab.open(stack.addresses.warehouse);
    const address = new URL(lab.url);
    address.password = 'wrong';
    const refused = new LoadRole({ warehouse: address.href, intervalMs: 200, logger: silent });
    const failure = refused.start(AbortSignal.timeout(10_000));
    await expect(failure).rejects.toMatchObject({ code: 'WAREHOUSE_REFUSED' });
    await expect(failure).rejects.not.toThrow('wrong');
    await refused.close(1_000);
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(role(lab).start(stop)).rejects.toThrow('enough');
    await lab.close();
  });

  test('ends within its time although somebody holds the stage', async () => {
    const lab = await WarehouseLab.open(stack.addresses.warehouse);
    const loading = role(lab);
    await loading.start(AbortSignal.timeout(30_000));
    await lab.connection.query('BEGIN');
    await lab.connection.query('LOCK TABLE darkroom.image_stats_stage');
    await new Promise((resolve) => setTimeout(resolve, 500)); // a load waits by now
    const since = Date.now();
    await loading.close(500);
    expect(Date.now() - since).toBeLessThan(3_000);
    await lab.connection.query('ROLLBACK');
    await lab.close();
  });
});
