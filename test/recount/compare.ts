import type { Event, Upload, WarehouseRow } from './places.ts';

/** What the places hold; undefined where there is no such place. */
export interface Held {
  readonly uploads: readonly Upload[];
  readonly streamed: readonly string[];
  readonly events: readonly Event[];
  /** Below incoming/ and processed/. */
  readonly incoming: ReadonlyMap<string, number>;
  readonly processed: ReadonlyMap<string, number>;
  readonly redis: ReadonlyMap<string, number> | undefined;
  readonly warehouse: { readonly rows: readonly WarehouseRow[]; readonly staged: number } | undefined;
}

export interface Recount {
  /** Objects below incoming/. */
  readonly put: number;
  /** Records of the external stream. */
  readonly streamed: number;
  /** Records of image-uploads beyond the first of an object: what a killed intake left, or SQS delivered twice. */
  readonly repeatedUploads: number;
  readonly events: number;
  /** Events without those of repeated uploads. */
  readonly images: number;
  readonly processed: number;
  readonly rejected: number;
  readonly failed: number;
  readonly renditions: number;
  readonly redis: number | null;
  readonly warehouse: number | null;
  /** What does not agree, a sentence each. */
  readonly differences: readonly string[];
  readonly agree: boolean;
}

/** Compares all places with one another. Every record must have one event; repeats of an upload are counted apart. */
export function compare(held: Held): Recount {
  const { uploads, streamed, events, incoming, processed, redis, warehouse } = held;
  const differences: string[] = [];

  const uploadedKeys = Map.groupBy(uploads, ({ key }) => key);
  for (const key of incoming.keys())
    if (!uploadedKeys.has(key))
      differences.push(`${key} lies in S3, but no record of image-uploads names it`);
  for (const key of uploadedKeys.keys())
    if (!incoming.has(key))
      differences.push(`a record of image-uploads names ${key || 'nothing'}, which is not in S3`);
  const repeats = new Set(
    [...uploadedKeys.values()].flatMap(([, ...more]) => more.map(({ source }) => source)),
  );

  const sources = new Set([...uploads.map(({ source }) => source), ...streamed]);
  const bySource = Map.groupBy(events, ({ source }) => source);
  for (const source of sources) {
    const own = bySource.get(source) ?? [];
    if (own.length === 0) differences.push(`the record ${source} has no event`);
    if (own.length > 1)
      differences.push(
        `the record ${source} has ${own.length} events: ${own.map(({ place }) => place).join(', ')}`,
      );
  }
  for (const [source, [event]] of bySource)
    if (!sources.has(source))
      differences.push(`the event ${event?.place} names ${source}, where no record is`);

  const images = events.filter(({ source }) => !repeats.has(source));
  const renditions = events.flatMap((event) => event.renditions);
  for (const { key, bytes } of renditions)
    if (processed.get(key) !== bytes)
      differences.push(`${key} should have ${bytes} bytes, S3 has ${processed.get(key) ?? 'no such object'}`);
  const named = new Set(renditions.map(({ key }) => key));
  for (const key of processed.keys())
    if (!named.has(key)) differences.push(`${key} lies in S3, but no event names it`);

  // Redis counts events by their place: a repeated upload is an event of its own until it is recognised upstream
  if (redis) differences.push(...unequal('Redis', countsOf(events), redis));
  if (warehouse) {
    const { rows, staged } = warehouse;
    const once = new Map(events.map((event) => [rowKey(event), event]));
    differences.push(...unequal('the warehouse', countsOf([...once.values()]), countsOf(rows)));
    const known = Map.groupBy(rows, rowKey);
    for (const [key, { place }] of once)
      if (!known.has(key)) differences.push(`the event ${place} has no row in the warehouse`);
    for (const [key, same] of known) {
      if (same.length > 1) differences.push(`the warehouse has ${same.length} rows of ${key}`);
      if (!once.has(key)) differences.push(`the warehouse has a row of ${key}, which has no event`);
    }
    if (staged > 0) differences.push(`${staged} rows still wait in the stage of the warehouse`);
  }

  const outcome = (name: string) => images.filter((event) => event.outcome === name).length;
  return {
    put: incoming.size,
    streamed: streamed.length,
    repeatedUploads: repeats.size,
    events: events.length,
    images: images.length,
    processed: outcome('processed'),
    rejected: outcome('rejected'),
    failed: outcome('failed'),
    renditions: named.size,
    redis: redis ? total(redis) - (events.length - images.length) : null,
    warehouse: warehouse ? warehouse.rows.length : null,
    differences,
    agree: differences.length === 0,
  };
}

const rowKey = ({ eventId, revision }: { readonly eventId: string; readonly revision: number }) =>
  `${eventId}, revision ${revision}`;

function countsOf(
  images: readonly { readonly customerId: string; readonly type: string; readonly outcome: string }[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { customerId, type, outcome } of images) {
    const key = JSON.stringify([customerId, type, outcome]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const unequal = (name: string, expected: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>) =>
  [...new Set([...expected.keys(), ...counted.keys()])]
    .filter((key) => (expected.get(key) ?? 0) !== (counted.get(key) ?? 0))
    .map((key) => `${name} counts ${counted.get(key) ?? 0} of ${key}, image-stats ${expected.get(key) ?? 0}`);

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
