import { createHash } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { COLUMN_NAMES, type StatsPlace, statisticsRow } from '../../src/warehouse/columns.ts';
import { Connection } from '../../src/warehouse/connection.ts';
import { load } from '../../src/warehouse/load.ts';
import { migrate } from '../../src/warehouse/migrate.ts';
import { keepMonths, monthTables } from '../../src/warehouse/months.ts';
import { migrationFiles, readSql } from '../../src/warehouse/sql.ts';
import { sharedStack } from '../shared-stack.ts';
import { NOW_MS, stageRows, statsEvent, WarehouseLab } from '../support/warehouse-lab.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let stack: Stack;
let lab: WarehouseLab;
beforeAll(async () => {
  stack = await sharedStack();
});
beforeEach(async () => {
  lab = await WarehouseLab.open(stack.addresses.warehouse);
});
afterEach(() => lab.close());

const placed = (n: number, event: ImageProcessed = statsEvent(n)): readonly [ImageProcessed, StatsPlace] => [
  event,
  { partition: n % 3, offset: n },
];
const images = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => placed(from + i));
const loadNow = (nowMs = NOW_MS) => load(lab.connection, nowMs);

describe('a migration', () => {
  test('does nothing the second time, and two at once do it once', async () => {
    expect(await migrate(lab.connection, NOW_MS)).toEqual({ applied: [], created: [], dropped: [] });
    const fresh = await WarehouseLab.open(stack.addresses.warehouse, { migrated: false });
    const second = await Connection.open(fresh.url);
    await fresh.connection.executeFile('bootstrap.sql'); // the two meet at the lock, not at the creation of its table
    const results = await Promise.all([migrate(fresh.connection, NOW_MS), migrate(second, NOW_MS)]);
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual([
      '001-tables.sql',
      '002-views.sql',
      '003-grants.sql',
      '004-facts.sql',
    ]);
    expect(results.flatMap(({ created }) => created)).toHaveLength(6);
    await second.close();
    await fresh.close();
  });

  test('adds columns to the months that are there: their rows have null, and new ones their facts', async () => {
    const before = await WarehouseLab.open(stack.addresses.warehouse, { migrated: false });
    const { connection } = before;
    await connection.executeFile('bootstrap.sql');
    for (const name of migrationFiles().filter((file) => file < '004')) {
      await connection.executeFile(`migrations/${name}`);
      const checksum = createHash('sha256')
        .update(readSql(`migrations/${name}`))
        .digest('hex');
      await connection.query(
        `INSERT INTO darkroom.schema_migrations (name, checksum, applied_at) VALUES ($1, $2, '2026-11-01')`,
        [name, checksum],
      );
    }
    await keepMonths(connection, NOW_MS);
    const row = statisticsRow(...placed(1));
    const known = COLUMN_NAMES.slice(0, COLUMN_NAMES.indexOf('stats_offset') + 1);
    await connection.query(
      `INSERT INTO darkroom.image_stats_2026_11 (${known}) VALUES (${known.map((_, i) => `$${i + 1}`)})`,
      known.map((name) => row[name]),
    );
    expect(await migrate(connection, NOW_MS)).toEqual({
      applied: ['004-facts.sql'],
      created: [],
      dropped: [],
    });
    await before.stage([placed(2)]);
    await load(connection, NOW_MS);
    await keepMonths(connection, Date.UTC(2027, 5, 1));
    expect(
      await connection.query(
        'SELECT stats_offset, megapixels, colour_space, dominant_colour, has_location FROM darkroom.images ORDER BY 1',
      ),
    ).toEqual([
      { stats_offset: '1', megapixels: null, colour_space: null, dominant_colour: null, has_location: null },
      {
        stats_offset: '2',
        megapixels: 0.3072,
        colour_space: 'srgb',
        dominant_colour: '#47293a',
        has_location: false,
      },
    ]);
    await before.close();
  });

  test('refuses to go on from one that has changed since', async () => {
    await lab.connection.query("UPDATE darkroom.schema_migrations SET checksum = 'x' WHERE name LIKE '002%'");
    await expect(migrate(lab.connection, NOW_MS)).rejects.toMatchObject({
      code: 'WAREHOUSE_MIGRATION_CHANGED',
      message: expect.stringContaining('002-views.sql'),
    });
  });
});

describe('a load', () => {
  test('moves each event into the table of its month, and empties the stage', async () => {
    const october = statsEvent(7, { receivedAt: NOW_MS - 30 * DAY_MS });
    await lab.stage([...images(0, 7), placed(7, october)]);
    expect(await loadNow()).toEqual({
      staged: 8,
      loaded: 8,
      repeats: 0,
      loadedThroughMs: NOW_MS + 1000,
    });
    expect(await lab.count('image_stats_stage')).toBe(0);
    expect(await lab.count('image_stats_2026_11')).toBe(7);
    expect(await lab.count('image_stats_2026_10')).toBe(1);
    expect(await lab.count('image_stats')).toBe(8);
  });

  test('counts an event once: twice in a delivery, delivered again, received in another month, or in no month', async () => {
    await lab.stage([...images(0, 5), ...images(0, 5)]);
    expect(await loadNow()).toMatchObject({ staged: 10, loaded: 5, repeats: 5 });
    const moved = statsEvent(3, { receivedAt: NOW_MS - 25 * DAY_MS });
    const nowhere = statsEvent(4, { receivedAt: 0 });
    await lab.stage([
      ...images(2, 6),
      [moved, { partition: 0, offset: 90 }],
      [nowhere, { partition: 0, offset: 91 }],
    ]);
    expect(await loadNow()).toMatchObject({ staged: 6, loaded: 1 });
    expect(await loadNow()).toMatchObject({ staged: 0, loaded: 0 });
    expect(await lab.count('image_stats')).toBe(6);
  });

  test('keeps what belongs to no month, once, also when that gets a table', async () => {
    const late = statsEvent(1, { receivedAt: NOW_MS - 200 * DAY_MS });
    const madeUp = statsEvent(2, { receivedAt: 9e15 });
    await lab.stage([placed(1, late), placed(2, madeUp)]);
    expect(await loadNow()).toMatchObject({ loaded: 2 });
    expect(await lab.count('image_stats_other')).toBe(2);
    await keepMonths(lab.connection, NOW_MS - 200 * DAY_MS);
    await lab.stage([
      placed(1, late),
      placed(2, madeUp),
      placed(3, statsEvent(3, { receivedAt: late.receivedAt })),
    ]);
    expect(await loadNow()).toMatchObject({ loaded: 1, repeats: 2 });
    expect(await lab.count('image_stats')).toBe(3);
  });

  test('leaves the row of the lowest offset as it is', async () => {
    await lab.stage([
      [statsEvent(1), { partition: 1, offset: 20 }],
      [statsEvent(1), { partition: 1, offset: 10 }],
    ]);
    await loadNow();
    await lab.stage([[statsEvent(1, { bytes: 5 }), { partition: 1, offset: 30 }]]);
    await loadNow();
    const rows = await lab.connection.query('SELECT stats_offset, bytes FROM darkroom.image_stats');
    expect(rows).toEqual([{ stats_offset: '10', bytes: '100' }]);
  });

  test('is whole or not at all', async () => {
    await lab.stage(images(0, 5));
    await lab.connection.query(
      'ALTER TABLE darkroom.load_progress ADD CONSTRAINT broken CHECK (highest_offset < 0)',
    );
    await expect(loadNow()).rejects.toMatchObject({ code: 'WAREHOUSE_LOAD_FAILED', disposition: 'retry' });
    expect(await lab.count('image_stats_stage')).toBe(5);
    expect(await lab.count('image_stats')).toBe(0);
    await lab.connection.query('ALTER TABLE darkroom.load_progress DROP CONSTRAINT broken');
    expect(await loadNow()).toMatchObject({ loaded: 5 });
  });

  test('loses nothing and doubles nothing while others load and COPY goes on', async () => {
    const writer = await Connection.open(lab.url);
    const loaders = await Promise.all([Connection.open(lab.url), Connection.open(lab.url)]);
    let delivered = false;
    const copies = (async () => {
      for (let n = 0; n < 40; n++)
        await writer.transaction(() => stageRows(writer, images(n * 5, n * 5 + 6))); // every fifth comes twice
      delivered = true;
    })();
    const loading = loaders.map(async (loader) => {
      let rows = 0;
      for (let last = false; !last; ) {
        last = delivered;
        rows += (await load(loader, NOW_MS)).loaded;
      }
      return rows;
    });
    await copies;
    const loaded = await Promise.all(loading);
    expect(loaded.reduce((sum, rows) => sum + rows)).toBe(201);
    expect(await lab.count('image_stats')).toBe(201);
    expect(await lab.count('image_stats_stage')).toBe(0);
    await Promise.all([...loaders.map((loader) => loader.close()), writer.close()]);
  });

  test('says how far it has come, also when nothing was new', async () => {
    await lab.stage([placed(4), placed(5), placed(8)]);
    await loadNow(NOW_MS);
    await loadNow(NOW_MS + 60_000);
    const progress = await lab.connection.query(
      'SELECT stats_partition AS p, highest_offset AS o, CAST(loaded_at AS VARCHAR) AS at FROM darkroom.load_progress ORDER BY 1',
    );
    expect(progress).toEqual([
      { p: 1, o: '4', at: '2026-11-20 12:01:00.123' },
      { p: 2, o: '8', at: '2026-11-20 12:01:00.123' },
    ]);
    const [through] = await lab.connection.query(
      'SELECT CAST(loaded_through AS VARCHAR) AS through FROM darkroom.loaded_through',
    );
    expect(through).toEqual({ through: '2026-11-20 12:00:01.123' });
  });
});

describe('the views', () => {
  test('show the highest revision, in the day on which the image was received', async () => {
    const refused = { outcome: 'rejected', code: 'IMAGE_CORRUPT', type: 'png', renditions: [] } as const;
    await lab.stage([placed(0), placed(1), placed(2, statsEvent(2, refused))]);
    await loadNow();
    const corrected = statsEvent(2, { revision: 2, type: 'png', processedAt: NOW_MS + 9 * DAY_MS });
    const third = statsEvent(2, { revision: 3, type: 'png', bytes: 50, processedAt: NOW_MS + 9 * DAY_MS });
    await lab.stage([placed(30, corrected), placed(31, third)]);
    await loadNow();
    const counts = await lab.connection.query(
      'SELECT CAST(day AS VARCHAR) AS day, customer_id, type, outcome, images, bytes, megapixels, renditions, rendition_bytes, ' +
        'CAST(loaded_through AS VARCHAR) AS through FROM darkroom.images_by_customer_type_day ORDER BY type',
    );
    const row = {
      day: '2026-11-20',
      customer_id: 'acme',
      outcome: 'processed',
      through: '2026-11-29 12:00:00.123',
    };
    expect(counts).toEqual([
      {
        ...row,
        type: 'jpeg',
        images: '2',
        bytes: '200',
        megapixels: 0.6144,
        renditions: '2',
        rendition_bytes: '20',
      },
      {
        ...row,
        type: 'png',
        images: '1',
        bytes: '50',
        megapixels: 0.3072,
        renditions: '1',
        rendition_bytes: '10',
      },
    ]);
    expect(await lab.count('image_stats')).toBe(5);
    expect(await lab.count('images')).toBe(3);
  });

  test('give analysts the numbers and the facts, not reasons, checksums or other tables', async () => {
    await lab.stage(images(0, 3));
    await loadNow();
    await lab.asUserOf('darkroom_analysts', async (analyst) => {
      const { rows } = await analyst.query(
        'SELECT SUM(images) AS n FROM darkroom.images_by_customer_type_day',
      );
      expect(rows).toEqual([{ n: '3' }]);
      expect(
        (await analyst.query('SELECT event_id, bytes, megapixels FROM darkroom.images')).rows,
      ).toHaveLength(3);
      for (const forbidden of [
        'SELECT reason FROM darkroom.images',
        'SELECT sha256 FROM darkroom.images',
        'SELECT * FROM darkroom.image_stats',
        'SELECT * FROM darkroom.image_stats_2026_11',
        'SELECT * FROM darkroom.own_images',
        'DELETE FROM darkroom.image_stats_2026_11',
      ])
        await expect(analyst.query(forbidden), forbidden).rejects.toMatchObject({ code: '42501' });
    });
  });

  test('give a customer the own rows alone', async () => {
    await lab.stage([placed(0), placed(1, statsEvent(1, { customerId: 'other' }))]);
    await loadNow();
    await lab.asUserOf('darkroom_customers', async (customer, user) => {
      const own = 'SELECT customer_id FROM darkroom.own_images';
      expect((await customer.query(own)).rows).toEqual([]);
      await lab.connection.query('INSERT INTO darkroom.customer_readers VALUES ($1, $2)', [user, 'other']);
      expect((await customer.query(own)).rows).toEqual([{ customer_id: 'other' }]);
      await expect(customer.query('SELECT * FROM darkroom.images')).rejects.toMatchObject({ code: '42501' });
      const change = `INSERT INTO darkroom.customer_readers VALUES ('${user}', 'acme')`;
      await expect(customer.query(change)).rejects.toMatchObject({ code: '42501' });
    });
  });
});

describe('the tables of the months', () => {
  test('are there ahead of time, and go after five years with their rows', async () => {
    await lab.stage([...images(0, 3), placed(3, statsEvent(3, { receivedAt: 0 }))]);
    await loadNow();
    const names = async () => (await monthTables(lab.connection)).map(({ name }) => name);
    expect(await names()).toEqual([
      'image_stats_2026_09',
      'image_stats_2026_10',
      'image_stats_2026_11',
      'image_stats_2026_12',
      'image_stats_2027_01',
      'image_stats_2027_02',
    ]);
    await keepMonths(lab.connection, Date.UTC(2031, 10, 30));
    expect(await lab.count('images')).toBe(3);
    await keepMonths(lab.connection, Date.UTC(2031, 11, 1));
    expect(await lab.count('images')).toBe(0);
    expect(await names()).not.toContain('image_stats_2026_11');
  });
});
