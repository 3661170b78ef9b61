import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../dev/firehose/faults.ts';
import { FirehoseStandIn, type StandInOptions } from '../../dev/firehose/stand-in.ts';
import type { Stack } from '../../dev/stack/stack.ts';
import { warehouseTopology } from '../../src/app/warehouse.ts';
import { createFirehoseSink, type FirehoseSink } from '../../src/sinks/firehose.ts';
import { COLUMNS } from '../../src/warehouse/columns.ts';
import { sharedStack } from '../shared-stack.ts';
import { EngineLab, until } from '../support/engine-lab.ts';
import { feedStats, statsCodec } from '../support/stats-feed.ts';

const STREAM = 'stats';
const signal = new AbortController().signal;

let stack: Stack;
let s3: S3Client;
let warehouse: pg.Client;
let schema: string;
let standIn: FirehoseStandIn;
let sink: FirehoseSink;

beforeAll(async () => {
  stack = await sharedStack();
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.s3;
  s3 = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
  warehouse = new pg.Client({ connectionString: stack.addresses.warehouse });
  await warehouse.connect();
});
afterAll(async () => {
  s3?.destroy();
  await warehouse?.end();
});
beforeEach(async () => {
  schema = `test_${randomUUID().replaceAll('-', '')}`;
  await warehouse.query(`CREATE SCHEMA ${schema}`);
});
afterEach(async () => {
  await sink?.close();
  await standIn?.close();
  await warehouse.query(`DROP SCHEMA ${schema} CASCADE`);
});

async function open(
  ddl: string,
  columns: readonly string[],
  faults: readonly Fault[] = [],
  options: Partial<StandInOptions> = {},
) {
  await warehouse.query(`CREATE TABLE ${schema}.stage (${ddl})`);
  standIn = await FirehoseStandIn.start({
    stream: STREAM,
    s3,
    bucket: stack.addresses.s3.bucket,
    prefix: `${schema}/`,
    bufferBytes: 1024 * 1024,
    bufferMs: 100,
    copyRetryMs: 30_000,
    copyRetryIntervalMs: 50,
    warehouse: { url: stack.addresses.warehouse, table: `${schema}.stage`, columns },
    ...options,
  });
  standIn.script(faults);
  sink = createFirehoseSink({
    stream: STREAM,
    endpoint: standIn.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret' },
    timeoutMs: 5_000,
    onTooLarge: () => {},
  });
}

const write = (...rows: readonly object[]) =>
  sink.write(
    rows.map((value, offset) => ({
      key: null,
      value,
      timestamp: 0,
      headers: [],
      context: { topic: 'image-stats', partition: 0, offset, timestamp: 0, headers: [] },
    })),
    { signal, ranges: [] },
  );

const stage = async () => (await warehouse.query(`SELECT * FROM ${schema}.stage`)).rows;

describe("COPY with JSON 'auto'", () => {
  it('fills the listed columns by name, ignores other fields, and takes what is absent for null', async () => {
    await open('id int, name varchar(8), at timestamp, ok boolean, nested varchar(40), other int DEFAULT 7', [
      'id',
      'name',
      'at',
      'ok',
      'nested',
    ]);
    await write(
      {
        id: 1,
        name: 'é',
        at: '2026-11-20T12:00:00.123Z',
        ok: true,
        nested: { a: [1] },
        unknown: 'x',
        other: 5,
      },
      { id: '2', Name: 'case counts' },
    );
    await standIn.flush();
    const text = `SELECT id, name, at::text, ok, nested, other FROM ${schema}.stage ORDER BY id`;
    expect((await warehouse.query(text)).rows).toEqual([
      { id: 1, name: 'é', at: '2026-11-20 12:00:00.123', ok: true, nested: '{"a":[1]}', other: 7 },
      { id: 2, name: null, at: null, ok: null, nested: null, other: 7 },
    ]);
  });

  it.each([
    ['a word for a number', { id: 'one' }],
    ['a fraction for an integer', { id: 1.5 }],
    ['more bytes than the column has, not characters', { name: 'éééé' }],
    ['a time that is none', { at: 'yesterday noon' }],
    ['null where the column wants a value', { required: null }],
  ])('loads nothing of an object that has %s, and leaves a manifest', async (_, wrong) => {
    await open(
      'id int, name varchar(7), at timestamp, required int NOT NULL',
      ['id', 'name', 'at', 'required'],
      [],
      {
        copyRetryMs: 100,
      },
    );
    await write({ id: 1, required: 1 }, { id: 2, required: 1, ...wrong });
    await standIn.flush();
    expect(await stage()).toEqual([]);
    expect(standIn.status()).toMatchObject({
      copies: 0,
      manifests: 1,
      trouble: expect.stringContaining('COPY of'),
    });
  });

  it('goes on with the next object after one that cannot be loaded', async () => {
    await open('id int', ['id'], [], { copyRetryMs: 100 });
    await write({ id: 'one' });
    await standIn.flush();
    await write({ id: 2 });
    await standIn.flush();
    expect(await stage()).toEqual([{ id: 2 }]);
  });

  it('is tried again for as long as it is told, and every row arrives', async () => {
    await open('id int', ['id'], [{ fault: 'copy-error', forMs: 600 }]);
    await write({ id: 1 }, { id: 2 });
    await standIn.flush();
    expect(await stage()).toHaveLength(2);
    expect(standIn.status().failedCopies).toBeGreaterThan(2);
    expect(standIn.status().manifests).toBe(0);
  });

  it('may be done twice: at least once', async () => {
    await open('id int', ['id'], [{ fault: 'copy-repeated', times: 1 }]);
    await write({ id: 1 });
    await standIn.flush();
    expect(await stage()).toEqual([{ id: 1 }, { id: 1 }]);
  });

  it('waits while the warehouse is down', async () => {
    await open('id int', ['id']);
    const postgres = stack.component('postgres');
    const ended = new Promise((resolve) => warehouse.once('end', resolve));
    warehouse.on('error', () => {});
    await postgres.stop();
    await ended;
    await write({ id: 1 });
    await expect.poll(() => standIn.status().failedCopies).toBeGreaterThan(0);
    await postgres.start();
    warehouse = new pg.Client({ connectionString: stack.addresses.warehouse });
    await warehouse.connect();
    await standIn.flush();
    expect(await stage()).toEqual([{ id: 1 }]);
  });
});

describe('the application "warehouse" on a real broker, through Firehose into the warehouse', () => {
  it('loses no event to half-failures, throttling, a cut connection and a COPY that fails for a while', async () => {
    const ddl = COLUMNS.map(({ name, sqlType }) => `${name} ${sqlType}`).join(', ');
    await open(
      ddl,
      COLUMNS.map(({ name }) => name),
      [
        { fault: 'request-error', error: 'ServiceUnavailableException', times: 2 },
        { fault: 'record-error', pattern: 'x', times: 6 },
        { fault: 'cut-after-acceptance', skip: 8, times: 1 }, // past those that accept nothing
        { fault: 'copy-error', forMs: 500 },
      ],
    );
    const lab = await EngineLab.open(stack.addresses.kafka);
    try {
      const [topic = ''] = await lab.topics(3, 'stats');
      const topology = warehouseTopology({
        imageStats: topic,
        codec: statsCodec,
        sink,
        lingerMs: 100,
        maxBatchRecords: 200,
        onUndecodable: () => {},
      });
      const streams = lab.instance(topology);
      await feedStats(stack.addresses.kafka, topic, 3, 0, 1_500);
      await streams.start();
      const distinct = async () => {
        const { rows } = await warehouse.query(
          `SELECT count(DISTINCT event_id)::int AS n FROM ${schema}.stage`,
        );
        return rows[0]?.n;
      };
      await until('every event is in the stage table', async () => (await distinct()) === 1_500);
      const places = await warehouse.query(
        `SELECT stats_partition, count(DISTINCT stats_offset)::int AS n, max(stats_offset)::int AS last
           FROM ${schema}.stage GROUP BY 1 ORDER BY 1`,
      );
      expect(places.rows).toEqual(
        [0, 1, 2].map((stats_partition) => ({ stats_partition, n: 500, last: 499 })),
      );
      await until('what was cut is confirmed', () => sink.counts().acceptedRows === 1_500);
      expect(sink.counts().refusedRecords).toBe(6);
      await standIn.flush();
      expect((await stage()).length, 'the cut request came twice').toBeGreaterThan(1_500);
    } finally {
      await lab.close();
    }
  });
});
