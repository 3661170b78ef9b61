import type { Count, Event, Sent, Upload, WarehouseRow } from './places.ts';

/** What the places hold; undefined where there is no such place. */
export interface Held {
  readonly uploads: readonly Upload[];
  readonly streamed: readonly Sent[];
  readonly events: readonly Event[];
  /** Below incoming/ and processed/. */
  readonly incoming: ReadonlyMap<string, number>;
  readonly processed: ReadonlyMap<string, number>;
  /** What image-counts says, and whether all of its windows should be closed by now. */
  readonly counts: { readonly windows: readonly Count[]; readonly closed: boolean };
  readonly redis: ReadonlyMap<string, number> | undefined;
  readonly warehouse: { readonly rows: readonly WarehouseRow[]; readonly staged: number } | undefined;
}

export interface Recount {
  /** Objects below incoming/. */
  readonly put: number;
  /** Records of image-uploads and of the external stream. */
  readonly uploaded: number;
  readonly streamed: number;
  /** Of both, those beyond the first of an image. */
  readonly repeats: number;
  readonly events: number;
  /** Different images, by their ids. */
  readonly images: number;
  readonly processed: number;
  readonly rejected: number;
  readonly failed: number;
  readonly renditions: number;
  readonly redis: number | null;
  readonly warehouse: number | null;
  /** Images in closed windows of image-counts. */
  readonly counts: number;
  /** What does not agree, a sentence each. */
  readonly differences: readonly string[];
  readonly agree: boolean;
}

/** Compares all places with one another: an image has one event, however often it was sent, and each place counts that one. */
export function compare(held: Held): Recount {
  const { uploads, streamed, events, incoming, processed, counts, redis, warehouse } = held;
  const differences: string[] = [];

  const uploadedKeys = new Set(uploads.map(({ key }) => key));
  for (const key of incoming.keys())
    if (!uploadedKeys.has(key))
      differences.push(`${key} lies in S3, but no record of image-uploads names it`);
  for (const key of uploadedKeys)
    if (!incoming.has(key))
      differences.push(`a record of image-uploads names ${key || 'nothing'}, which is not in S3`);

  const sent = [...uploads, ...streamed];
  const images = Map.groupBy(sent, ({ imageId }) => imageId);
  const byImage = Map.groupBy(events, ({ eventId }) => eventId);
  differences.push(...wrongEvents(images, byImage));
  const first = events.filter(({ revision }) => revision === 1);
  const latest = [...byImage.values()].map((own) => own.reduce((a, b) => (b.revision > a.revision ? b : a)));

  const renditions = events.flatMap((event) => event.renditions);
  for (const { key, bytes } of renditions)
    if (processed.get(key) !== bytes)
      differences.push(`${key} should have ${bytes} bytes, S3 has ${processed.get(key) ?? 'no such object'}`);
  const named = new Set(renditions.map(({ key }) => key));
  for (const key of processed.keys())
    if (!named.has(key)) differences.push(`${key} lies in S3, but no event names it`);

  if (redis) differences.push(...unequal('Redis', totalsOf(latest), redis));
  if (warehouse) differences.push(...wrongRows(warehouse, events));
  const windows = imagesOf(counts.windows);
  differences.push(...wrongCounts(counts, totalsOf(first), windows));

  const outcome = (name: string) => latest.filter((event) => event.outcome === name).length;
  return {
    put: incoming.size,
    uploaded: uploads.length,
    streamed: streamed.length,
    repeats: sent.length - images.size,
    events: events.length,
    images: images.size,
    processed: outcome('processed'),
    rejected: outcome('rejected'),
    failed: outcome('failed'),
    renditions: named.size,
    redis: redis ? total(redis) : null,
    warehouse: warehouse ? warehouse.rows.length : null,
    counts: total(windows),
    differences,
    agree: differences.length === 0,
  };
}

/** One first event an image, of one of the records that brought it; corrections have numbers of their own. */
function wrongEvents(
  images: ReadonlyMap<string, readonly Sent[]>,
  byImage: ReadonlyMap<string, readonly Event[]>,
): string[] {
  const wrong: string[] = [];
  for (const [imageId, [record]] of images)
    if (!byImage.has(imageId))
      wrong.push(`the image ${imageId} of the record ${record?.source} has no event`);
  for (const [imageId, own] of byImage) {
    const sources = images.get(imageId)?.map(({ source }) => source);
    for (const { place, source } of own)
      if (!sources?.includes(source))
        wrong.push(`the event ${place} is of ${imageId}, which no record ${source} has brought`);
    for (const [attempt, same] of Map.groupBy(own, ({ attemptId }) => attemptId))
      if (same.length > 1)
        wrong.push(`the image ${imageId} has ${same.length} events of the attempt '${attempt}'`);
    for (const [revision, same] of Map.groupBy(own, (event) => event.revision)) {
      if (same.length > 1)
        wrong.push(
          `the image ${imageId} has ${same.length} events of revision ${revision}: ${same.map(({ place }) => place).join(', ')}`,
        );
      if (!(revision >= 1 && revision <= own.length))
        wrong.push(`the image ${imageId} has ${own.length} events, but one of revision ${revision}`);
    }
  }
  return wrong;
}

function wrongRows(
  { rows, staged }: NonNullable<Held['warehouse']>,
  events: readonly Event[],
): readonly string[] {
  const wrong = [...unequal('the warehouse', totalsOf(events), totalsOf(rows))];
  const once = new Map(events.map((event) => [rowKey(event), event]));
  const known = Map.groupBy(rows, rowKey);
  for (const [key, { place }] of once)
    if (!known.has(key)) wrong.push(`the event ${place} has no row in the warehouse`);
  for (const [key, same] of known) {
    if (same.length > 1) wrong.push(`the warehouse has ${same.length} rows of ${key}`);
    if (!once.has(key)) wrong.push(`the warehouse has a row of ${key}, which has no event`);
  }
  if (staged > 0) wrong.push(`${staged} rows still wait in the stage of the warehouse`);
  return wrong;
}

/** A window is told once and never too high; too low is one that is open, unless all should be closed. */
function wrongCounts(
  { windows, closed }: Held['counts'],
  expected: ReadonlyMap<string, number>,
  counted: ReadonlyMap<string, number>,
): string[] {
  const twice = [...Map.groupBy(windows, ({ key }) => key)].filter(([, same]) => same.length > 1);
  const mayBeOpen = (key: string) => !closed && (counted.get(key) ?? 0) < (expected.get(key) ?? 0);
  const settled = new Map([...expected].filter(([key]) => !mayBeOpen(key)));
  const told = new Map([...counted].filter(([key]) => !mayBeOpen(key)));
  return [
    ...twice.map(([key, same]) => `image-counts tells ${same.length} times of ${key}`),
    ...unequal('image-counts', settled, told),
  ];
}

const rowKey = ({ eventId, revision }: { readonly eventId: string; readonly revision: number }) =>
  `${eventId}, revision ${revision}`;

const category = (customerId: string, type: string, outcome: string) =>
  JSON.stringify([customerId, type, outcome]);

function totalsOf(
  images: readonly { readonly customerId: string; readonly type: string; readonly outcome: string }[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { customerId, type, outcome } of images) add(counts, category(customerId, type, outcome), 1);
  return counts;
}

function imagesOf(windows: readonly Count[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { customerId, type, ...outcomes } of windows)
    for (const outcome of ['processed', 'rejected', 'failed'] as const)
      if (outcomes[outcome] !== 0) add(counts, category(customerId, type, outcome), outcomes[outcome]);
  return counts;
}

function add(counts: Map<string, number>, key: string, images: number): void {
  counts.set(key, (counts.get(key) ?? 0) + images);
}

const unequal = (name: string, expected: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>) =>
  [...new Set([...expected.keys(), ...counted.keys()])]
    .filter((key) => (expected.get(key) ?? 0) !== (counted.get(key) ?? 0))
    .map((key) => `${name} counts ${counted.get(key) ?? 0} of ${key}, image-stats ${expected.get(key) ?? 0}`);

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
