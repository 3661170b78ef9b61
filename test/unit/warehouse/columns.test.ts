import { describe, expect, it } from 'vitest';
import { imageProcessedSchema } from '../../../src/serdes/image-processed.generated.ts';
import { COLUMN_NAMES, COLUMNS, EVENT_ONLY, statisticsRow } from '../../../src/warehouse/columns.ts';
import { type Dialect, migrationFiles, perMonth, readSql, statementsOf } from '../../../src/warehouse/sql.ts';
import { anEvent } from '../../support/image-event.ts';

const schema: { fields: { name: string; type: unknown }[] } = JSON.parse(imageProcessedSchema);
const eventOnly: readonly string[] = EVENT_ONLY;
const fields = schema.fields.filter(({ name }) => !eventOnly.includes(name));

const event = anEvent({
  width: 640,
  height: 480,
  renditions: [
    { name: 'thumb', bucket: 'b', key: 'k', contentType: 'image/webp', width: 1, height: 1, bytes: 100 },
    { name: 'large', bucket: 'b', key: 'l', contentType: 'image/webp', width: 2, height: 2, bytes: 900 },
  ],
  receivedAt: Date.UTC(2026, 10, 20, 12, 0, 0, 123),
  processedAt: Date.UTC(2026, 10, 20, 12, 0, 1),
  durationMs: 45,
  sourcePartition: 3,
  sourceOffset: 17,
});
const place = { partition: 2, offset: 99 };

/** Names in the parentheses after `begin`. */
const namesAfter = (sql: string, begin: RegExp) =>
  (new RegExp(`${begin.source}([^)]*?)\\s(?:FROM|\\))`, 'i').exec(sql)?.[1] ?? '')
    .split(',')
    .map((name) => name.trim().replace(/^fresh\./, ''));

/** The columns that migrations have added to a table. */
const addedTo = (table: string, dialect: Dialect) =>
  migrationFiles()
    .flatMap((name) =>
      statementsOf(perMonth(readSql(`migrations/${name}`), ['image_stats_2026_11']), dialect, {
        all_rows: '',
      }),
    )
    .flatMap((statement) => {
      const [, altered, column = ''] = /^ALTER TABLE darkroom\.(\w+) ADD COLUMN (.*)$/s.exec(statement) ?? [];
      return altered === table ? [column.trim().replace(/\s+/g, ' ')] : [];
    });

describe('the columns', () => {
  it('cover every field of the event but those that stay there, and nothing else but its place', () => {
    expect(new Set(COLUMNS.flatMap(({ field }) => field ?? []))).toEqual(
      new Set(fields.map(({ name }) => name)),
    );
    expect(COLUMNS.filter(({ field }) => !field).map(({ name }) => name)).toEqual([
      'stats_partition',
      'stats_offset',
    ]);
  });

  it('may be null exactly where the schema says so', () => {
    const nullable = fields.filter(({ type }) => Array.isArray(type) && type.includes('null'));
    expect(new Set(COLUMNS.filter((column) => column.nullable).map(({ field }) => field))).toEqual(
      new Set(nullable.map(({ name }) => name)),
    );
  });

  it('are those of the DDL, with its types, in its order', () => {
    const [stage = ''] = statementsOf(readSql('migrations/001-tables.sql'), 'postgres');
    const ddl = stage
      .slice(stage.indexOf('(') + 1, stage.lastIndexOf(')'))
      .split(/,\s*\n/)
      .map((line) => line.trim().replace(/\s+/g, ' '));
    expect([...ddl, ...addedTo('image_stats_stage', 'postgres')]).toEqual(
      COLUMNS.map(({ name, sqlType, nullable }) => `${name} ${sqlType}${nullable ? '' : ' NOT NULL'}`),
    );
  });

  it('are the same in every table: what one gets all get, in the same order', () => {
    for (const dialect of ['postgres', 'redshift'] as const) {
      const added = addedTo('image_stats_stage', dialect);
      expect(added.length).toBeGreaterThan(0);
      expect(addedTo('image_stats_other', dialect)).toEqual(added);
      expect(addedTo('image_stats_2026_11', dialect)).toEqual(added);
    }
  });

  it('are those that a load copies', () => {
    const distinct = readSql('load/2-distinct.sql');
    const merge = readSql('load/5-merge.sql');
    const values = /VALUES \(([^)]*)\)/.exec(merge)?.[1] ?? '';
    expect(namesAfter(distinct, /AS\s+SELECT/)).toEqual(COLUMN_NAMES);
    expect(namesAfter(merge, /INSERT \(/)).toEqual(COLUMN_NAMES);
    expect(values.split(',').map((value) => value.trim())).toEqual(
      COLUMN_NAMES.map((name) => `fresh.${name}`),
    );
  });

  it('have an encoding each on Redshift', () => {
    const [stage = ''] = statementsOf(readSql('migrations/001-tables.sql'), 'redshift');
    const added = addedTo('image_stats_stage', 'redshift').join(', ');
    expect(`${stage}, ${added}`.match(/ENCODE \w+/g)).toHaveLength(COLUMNS.length);
    expect(stage).toMatch(/received_at\s+TIMESTAMP\s+NOT NULL\s+ENCODE RAW/);
  });
});

describe('the row of an event', () => {
  it('has every column, times in UTC with milliseconds, and null for what is absent', () => {
    expect(statisticsRow(event, place)).toEqual({
      event_id: '0123456789abcdef0123456789abcdef',
      revision: 1,
      attempt_id: null,
      customer_id: 'acme',
      source: 'upload',
      outcome: 'processed',
      code: null,
      reason: null,
      type: 'jpeg',
      bytes: 1234,
      width: 640,
      height: 480,
      frames: 1,
      has_alpha: false,
      sha256: 'ab'.repeat(32),
      pipeline: 'standard@1',
      renditions: 2,
      rendition_bytes: 1000,
      received_at: '2026-11-20T12:00:00.123Z',
      created_at: null,
      processed_at: '2026-11-20T12:00:01.000Z',
      duration_ms: 45,
      source_topic: 'image-uploads',
      source_partition: 3,
      source_offset: 17,
      stats_partition: 2,
      stats_offset: 99,
      megapixels: 0.3072,
      colour_space: 'srgb',
      dominant_colour: '#47293a',
      has_location: false,
    });
  });

  it('cuts a text to the bytes of its column, between two characters', () => {
    const { reason } = statisticsRow({ ...event, reason: `a${'€'.repeat(1000)}` }, place);
    expect(reason).toBe(`a${'€'.repeat(666)}`);
  });

  it('has no text that a warehouse refuses', () => {
    const { reason } = statisticsRow({ ...event, reason: 'nul \u0000, half \ud83d' }, place);
    expect(reason).toBe('nul \ufffd, half \ufffd');
  });

  it('has times that SQL can write, whatever a producer says', () => {
    const row = statisticsRow({ ...event, createdAt: 8.64e15, receivedAt: 9e18 }, place);
    expect(row).toMatchObject({ created_at: null, received_at: '9999-12-31T23:59:59.999Z' });
  });
});
