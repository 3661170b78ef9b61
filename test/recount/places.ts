// What each place holds, asked without any code of the service.
import { createHash } from 'node:crypto';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import avro from 'avsc';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Committed, readCommitted } from './committed.ts';

/** Addresses and names as the service reads them from its environment. */
export interface Place {
  readonly brokers: string;
  readonly registry: string;
  readonly uploads: string;
  readonly stream: string;
  readonly stats: string;
  readonly counts: string;
  readonly s3: { readonly endpoint?: string; readonly region: string; readonly bucket: string };
  readonly redis: { readonly url: string; readonly prefix: string } | undefined;
  readonly warehouse: string | undefined;
}

export function placeOf(env: Readonly<Record<string, string | undefined>>): Place {
  const missing = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'S3_BUCKET'].filter((name) => !env[name]);
  if (missing.length > 0)
    throw new Error(
      `${missing.join(', ')} must be set, as for \`darkroom start\` (npm run stack -- up writes a file of them)`,
    );
  return {
    brokers: env.KAFKA_BROKERS ?? '',
    registry: env.SCHEMA_REGISTRY_URL ?? '',
    uploads: env.TOPIC_UPLOADS || 'image-uploads',
    stream: env.TOPIC_STREAM || 'image-stream',
    stats: env.TOPIC_STATS || 'image-stats',
    counts: env.TOPIC_COUNTS || 'image-counts',
    s3: {
      region: env.AWS_REGION || 'us-east-1',
      bucket: env.S3_BUCKET ?? '',
      ...(env.S3_ENDPOINT ? { endpoint: env.S3_ENDPOINT } : {}),
    },
    redis: env.REDIS_URL ? { url: env.REDIS_URL, prefix: env.REDIS_PREFIX || 'darkroom' } : undefined,
    warehouse: env.WAREHOUSE_URL || undefined,
  };
}

/** The fields of an event that are counted. */
export interface Event {
  readonly eventId: string;
  /** Empty for the first attempt at an image. */
  readonly attemptId: string;
  readonly revision: number;
  readonly customerId: string;
  readonly type: string;
  readonly outcome: string;
  /** `topic-partition@offset` of the record that brought the image. */
  readonly source: string;
  /** Where the event itself lies, the same. */
  readonly place: string;
  /** Object keys and sizes. */
  readonly renditions: readonly { readonly key: string; readonly bytes: number }[];
}

/** A record that brought an image. */
export interface Sent {
  readonly imageId: string;
  readonly source: string;
}

export interface Upload extends Sent {
  readonly key: string;
}

/** What image-counts says of a window. */
export interface Count {
  readonly key: string;
  readonly customerId: string;
  readonly type: string;
  readonly processed: number;
  readonly rejected: number;
  readonly failed: number;
}

export async function eventsOf({ brokers, registry, stats }: Place): Promise<readonly Event[]> {
  const decode = decoder(registry);
  const records = await readCommitted(brokers, stats);
  const events = [];
  for (const record of records) {
    // a test's mark is no event
    if (record.value === null) continue;
    const value = await decode(record.value);
    events.push({
      eventId: String(value.eventId),
      attemptId: String(value.attemptId ?? ''),
      revision: Number(value.revision),
      customerId: String(value.customerId),
      type: String(value.type),
      outcome: String(value.outcome),
      source: `${value.sourceTopic}-${value.sourcePartition}@${value.sourceOffset}`,
      place: `${stats}-${record.partition}@${record.offset}`,
      renditions: listOf(value.renditions).map(({ key, bytes }) => ({
        key: String(key),
        bytes: Number(bytes),
      })),
    });
  }
  return events;
}

export async function uploadsOf({ brokers, registry, uploads }: Place): Promise<readonly Upload[]> {
  const decode = decoder(registry);
  const found = [];
  for (const record of await readCommitted(brokers, uploads)) {
    const source = sourceOf(uploads, record);
    const value: Fields = record.value ? await decode(record.value).catch(() => ({})) : {};
    const imageId = String(value.imageId ?? idOfPlace(uploads, record));
    found.push({ imageId, key: String(value.key ?? ''), source });
  }
  return found;
}

/** The external stream's records: an image is named by its customer and its producer, or by the place of its record. */
export async function streamedOf({ brokers, stream }: Place): Promise<readonly Sent[]> {
  return (await readCommitted(brokers, stream)).map((record) => {
    const customer = record.headers.get('customer-id') ?? '';
    const name = record.headers.get('image-id');
    const named = name && CUSTOMER.test(customer) && customer !== 'unknown';
    const imageId = named ? digest(`${customer}\n${name}`) : idOfPlace(stream, record);
    return { imageId, source: sourceOf(stream, record) };
  });
}

export async function countsOf({ brokers, registry, counts }: Place): Promise<readonly Count[]> {
  const decode = decoder(registry);
  const found = [];
  for (const { key, value } of await readCommitted(brokers, counts)) {
    if (value === null) continue;
    const { customerId, type, processed, rejected, failed } = await decode(value);
    found.push({
      key: String(key),
      customerId: String(customerId),
      type: String(type),
      processed: Number(processed),
      rejected: Number(rejected),
      failed: Number(failed),
    });
  }
  return found;
}

const CUSTOMER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
const idOfPlace = (topic: string, { partition, offset, timestamp }: Committed) =>
  digest(['', 'record', topic, partition, offset, timestamp].join('\n'));

const sourceOf = (topic: string, { partition, offset }: Committed) => `${topic}-${partition}@${offset}`;

/** Sizes of the bucket's objects below a prefix, by key. */
export async function objectsOf({ s3 }: Place, prefix: string): Promise<ReadonlyMap<string, number>> {
  const { bucket, endpoint, region } = s3;
  const client = new S3Client({ region, ...(endpoint ? { endpoint, forcePathStyle: true } : {}) });
  const sizes = new Map<string, number>();
  try {
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key, Size } of page.Contents ?? []) if (Key) sizes.set(Key, Size ?? -1);
      token = page.NextContinuationToken;
    }
  } finally {
    client.destroy();
  }
  return sizes;
}

/** Images by `["customer","type","outcome"]`, over all partitions and days. */
export async function redisCountsOf(
  redis: NonNullable<Place['redis']>,
): Promise<ReadonlyMap<string, number>> {
  const client = new Redis(redis.url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  const counts = new Map<string, number>();
  try {
    await client.connect();
    const isCounts = (key: string) =>
      key.startsWith(`${redis.prefix}:{p`) && /:\{p\d+\}:counts:\d{4}-\d\d-\d\d$/.test(key);
    for (const key of (await client.keys('*')).filter(isCounts)) {
      for (const [field, images] of Object.entries(await client.hgetall(key)))
        counts.set(field, (counts.get(field) ?? 0) + Number(images));
    }
  } finally {
    client.disconnect();
  }
  return counts;
}

export interface WarehouseRow {
  readonly eventId: string;
  readonly revision: number;
  readonly customerId: string;
  readonly type: string;
  readonly outcome: string;
}

/** The rows of the events of these source topics, and how many still wait in the stage. */
export async function warehouseRowsOf(
  url: string,
  { uploads, stream }: Place,
): Promise<{ readonly rows: readonly WarehouseRow[]; readonly staged: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<WarehouseRow>(
      'SELECT event_id AS "eventId", revision, customer_id AS "customerId", type, outcome ' +
        'FROM darkroom.image_stats WHERE source_topic IN ($1, $2)',
      [uploads, stream],
    );
    const stage = await client.query<{ staged: string }>(
      'SELECT COUNT(*) AS staged FROM darkroom.image_stats_stage WHERE source_topic IN ($1, $2)',
      [uploads, stream],
    );
    return { rows, staged: Number(stage.rows[0]?.staged) };
  } finally {
    await client.end();
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Decodes Confluent's wire format: a zero byte, the schema's id, the Avro binary. */
function decoder(registry: string): (bytes: Buffer) => Promise<Fields> {
  const types = new Map<number, Promise<avro.Type>>();
  const typeOf = async (id: number) => {
    const answer = await fetch(`${registry}/schemas/ids/${id}`);
    if (!answer.ok) throw new Error(`the registry answers ${answer.status} for the schema ${id}`);
    const { schema }: { schema: string } = JSON.parse(await answer.text());
    return avro.Type.forSchema(JSON.parse(schema));
  };
  return async (bytes) => {
    if (bytes[0] !== 0 || bytes.length < 6) throw new Error('the record is no Avro of a registry');
    const id = bytes.readInt32BE(1);
    const type = types.get(id) ?? typeOf(id);
    types.set(id, type);
    return fieldsOf((await type).fromBuffer(bytes.subarray(5)));
  };
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
