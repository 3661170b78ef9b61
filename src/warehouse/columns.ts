import type { ImageProcessed } from '../serdes/image-processed.generated.ts';

/** Where an event lies in the topic of statistics. */
export interface StatsPlace {
  readonly partition: number;
  readonly offset: number;
}

export type ColumnValue = string | number | boolean | null;

export interface Column {
  readonly name: string;
  /** As the DDL has it, on Redshift and on PostgreSQL. */
  readonly sqlType: string;
  readonly nullable: boolean;
  /** The field of the event that it is made from; undefined: the event's place in the topic. */
  readonly field: keyof ImageProcessed | undefined;
  readonly read: (event: ImageProcessed, place: StatsPlace) => ColumnValue;
}

type Field<T> = {
  [K in keyof ImageProcessed]: ImageProcessed[K] extends T ? K : never;
}[keyof ImageProcessed];

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Fields that may be null in the schema. */
const NULLABLE = new Set<keyof ImageProcessed>([
  ...(['attemptId', 'code', 'reason', 'sha256', 'pipeline', 'bytes', 'width', 'height', 'frames'] as const),
  ...(['hasAlpha', 'createdAt', 'megapixels', 'colourSpace', 'dominantColour', 'hasLocation'] as const),
]);

function column(
  field: keyof ImageProcessed,
  sqlType: string,
  read: Column['read'],
  name = snakeCase(field),
): Column {
  return { name, sqlType, nullable: NULLABLE.has(field), field, read };
}

/** Redshift counts the bytes of a VARCHAR, PostgreSQL its characters: what fits the first fits both. */
const text = (field: Field<string | null>, maxBytes: number) =>
  column(field, `VARCHAR(${maxBytes})`, (event) => fitText(event[field], maxBytes));

const value = (field: Field<number | boolean | null>, sqlType: string) =>
  column(field, sqlType, (event) => event[field]);

const time = (field: 'receivedAt' | 'createdAt' | 'processedAt') =>
  column(field, 'TIMESTAMP', (event) => isoTime(event[field], NULLABLE.has(field)));

const placed = (name: string, sqlType: string, read: (place: StatsPlace) => number): Column => ({
  name,
  sqlType,
  nullable: false,
  field: undefined,
  read: (_, place) => read(place),
});

/**
 * Fields that have no column: what a view would not count by, and what could tell who took a picture. `replaces` is a row of its own.
 */
export const EVENT_ONLY = [
  ...(['replaces', 'orientation', 'cameraMake', 'cameraModel', 'palette'] as const),
  ...(['thumbHash', 'perceptualHash'] as const),
] as const satisfies readonly (keyof ImageProcessed)[];

/**
 * The row of an event in the warehouse, in the order of the DDL, later columns last: what Firehose sends, the stage holds and a load copies.
 * TIMESTAMP columns hold UTC.
 */
export const COLUMNS: readonly Column[] = [
  text('eventId', 64),
  value('revision', 'INTEGER'),
  text('attemptId', 64),
  text('customerId', 64),
  text('source', 16),
  text('outcome', 16),
  text('code', 64),
  text('reason', 2000),
  text('type', 16),
  value('bytes', 'BIGINT'),
  value('width', 'INTEGER'),
  value('height', 'INTEGER'),
  value('frames', 'INTEGER'),
  value('hasAlpha', 'BOOLEAN'),
  text('sha256', 64),
  text('pipeline', 200),
  column('renditions', 'INTEGER', (event) => event.renditions.length),
  column(
    'renditions',
    'BIGINT',
    (event) => event.renditions.reduce((sum, { bytes }) => sum + bytes, 0),
    'rendition_bytes',
  ),
  time('receivedAt'),
  time('createdAt'),
  time('processedAt'),
  value('durationMs', 'BIGINT'),
  text('sourceTopic', 249),
  value('sourcePartition', 'INTEGER'),
  value('sourceOffset', 'BIGINT'),
  placed('stats_partition', 'INTEGER', ({ partition }) => partition),
  placed('stats_offset', 'BIGINT', ({ offset }) => offset),
  value('megapixels', 'DOUBLE PRECISION'),
  text('colourSpace', 16),
  text('dominantColour', 7),
  value('hasLocation', 'BOOLEAN'),
];

/** The names, as a COPY lists them. */
export const COLUMN_NAMES: readonly string[] = COLUMNS.map(({ name }) => name);

/** The row of an event: one JSON object, with null for what is absent. */
export function statisticsRow(event: ImageProcessed, place: StatsPlace): Record<string, ColumnValue> {
  return Object.fromEntries(COLUMNS.map(({ name, read }) => [name, read(event, place)]));
}

/** Cut to a column's length between two characters, and free of what no warehouse takes: NUL, halves of surrogates. */
function fitText(given: string | null, maxBytes: number): string | null {
  if (given === null) return null;
  const text = given.replaceAll('\u0000', '\ufffd').toWellFormed();
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

const MIN_TIME_MS = Date.parse('0001-01-01T00:00:00.000Z');
const MAX_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A time of four-digit years, which is what SQL can say. Producers choose record times and what they claim: a claim outside of
 * that is left out, a time that must be there is moved to the nearest end.
 */
function isoTime(ms: number | null, optional: boolean): string | null {
  if (ms === null) return null;
  const bounded = Math.min(MAX_TIME_MS, Math.max(MIN_TIME_MS, ms));
  return bounded !== ms && optional ? null : new Date(bounded).toISOString();
}
