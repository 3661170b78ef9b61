import { createHash } from 'node:crypto';
import { createRegistryCodec } from '../src/serdes/registry-codec.ts';
import { printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import { startDarkroom } from './subject.ts';

const PARTITIONS = 6;
const WITHIN_MS = 60_000;
const POLL_MS = 50;
/** What Firehose charges for ingestion in us-east-1, first 500 TB a month, USD a GB in steps of 5 KB a record. */
const USD_PER_GB = 0.029;
const BILLED_STEP_BYTES = 5 * 1024;
const GB = 1024 ** 3;
const A_MILLION = 1_000_000;

export interface StatisticsOptions {
  readonly events: number;
}

interface Row {
  readonly role: string;
  readonly eventsPerSecond: number;
  readonly cpuUsPerEvent: number;
}

/** Events a second from image-stats into Firehose and into Redis, one role at a time, and what a million of them costs. */
export async function benchStatistics(lab: Lab, { events }: StatisticsOptions): Promise<object> {
  const topics = await lab.serviceTopics('statistics', PARTITIONS);
  const codec = createRegistryCodec({
    url: lab.stack.addresses.registry,
    requestTimeoutMs: 10_000,
    topics: { imageUploads: topics.uploads, imageStats: topics.stats },
  });
  await codec.start();
  await lab.feed(
    topics.stats,
    PARTITIONS,
    statistics(events, (index) => codec.encodeProcessed(eventOf(index))),
  );

  const redis = await run(lab, topics, 'counters', 'darkroom_redis_images_counted_total', events);
  const firehose = await run(lab, topics, 'warehouse', 'darkroom_firehose_rows_accepted_total', events);
  printTable(
    `statistics: ${events} events from image-stats, ${PARTITIONS} partitions, exactly once`,
    [redis, firehose].map(({ row }) => ({
      role: row.role,
      'events/s': Math.round(row.eventsPerSecond),
      'CPU µs/event': rounded(row.cpuUsPerEvent),
    })),
  );
  const billed = sampleOf(firehose.metrics, 'darkroom_firehose_bytes_billed_total');
  const cost = {
    'bytes a row': Math.round(sampleOf(firehose.metrics, 'darkroom_firehose_bytes_accepted_total') / events),
    'USD a million, packed': rounded((billed / events / GB) * A_MILLION * USD_PER_GB, 4),
    'USD a million, a record each': rounded((BILLED_STEP_BYTES / GB) * A_MILLION * USD_PER_GB, 4),
    'times cheaper': rounded((BILLED_STEP_BYTES * events) / billed),
  };
  printTable(`what Firehose charges for them at ${USD_PER_GB} USD a GB`, [cost]);
  return { rows: [redis.row, firehose.row], cost };
}

async function run(
  lab: Lab,
  topics: Awaited<ReturnType<Lab['serviceTopics']>>,
  role: string,
  metric: string,
  events: number,
): Promise<{ row: Row; metrics: string }> {
  const subject = startDarkroom(lab.stack.environment(), topics, { ROLES: role, SESSION_TIMEOUT: '30s' });
  try {
    await subject.until('ready', 1, WITHIN_MS);
    const http = String(subject.lines.find(({ msg }) => msg === 'ready')?.http);
    const startedMs = performance.now();
    const cpuMs = subject.usage().cpuMs;
    for (;;) {
      const metrics = await (await fetch(`${http}/metrics`)).text();
      const seconds = (performance.now() - startedMs) / 1000;
      if (sampleOf(metrics, metric) >= events) {
        const cpuUsPerEvent = ((subject.usage().cpuMs - cpuMs) * 1000) / events;
        return { row: { role, eventsPerSecond: events / seconds, cpuUsPerEvent }, metrics };
      }
      if (seconds * 1000 > WITHIN_MS) throw new Error(`${role} has not finished within ${WITHIN_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await subject.end();
  }
}

/** The sum of a metric's samples in the text that Prometheus reads; 0 while there is none. */
function sampleOf(metrics: string, name: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function* statistics(events: number, encode: (index: number) => Buffer): Generator<BenchRecord> {
  for (let index = 0; index < events; index++) yield { value: encode(index) };
}

/** An event as the service writes it for a photograph with three renditions. */
function eventOf(index: number) {
  const id = createHash('sha256').update(`event ${index}`).digest('hex');
  const receivedAt = Date.UTC(2026, 10, 1) + index * 50;
  const rendition = (name: string, width: number) => ({
    name,
    key: `processed/customer-${index % 40}/${id.slice(0, 32)}/${id.slice(32, 48)}/${name}.jpg`,
    bucket: 'darkroom',
    contentType: 'image/jpeg',
    width,
    height: (width * 3) / 4,
    bytes: width * 100,
  });
  return {
    eventId: id.slice(0, 32),
    attemptId: null,
    revision: 1,
    customerId: `customer-${index % 40}`,
    source: 'stream' as const,
    outcome: 'processed' as const,
    code: null,
    reason: null,
    type: 'jpeg',
    bytes: 1_580_000 + index,
    width: 4000,
    height: 3000,
    frames: 1,
    hasAlpha: false,
    sha256: id,
    megapixels: 0.3072,
    colourSpace: 'srgb',
    orientation: null,
    hasLocation: false,
    cameraMake: null,
    cameraModel: null,
    dominantColour: '#47293a',
    palette: ['#47293a', '#4ea156'],
    thumbHash: 'WQgKHZCGaIh/h4eBh2iIhnd/ewgn',
    perceptualHash: '442aae6231062044',
    pipeline: 'standard@1',
    renditions: [rendition('large', 1024), rendition('medium', 512), rendition('thumb', 256)],
    receivedAt,
    createdAt: receivedAt - 1_000,
    processedAt: receivedAt + 120,
    durationMs: 57,
    sourceTopic: 'image-stream',
    sourcePartition: index % 6,
    sourceOffset: index,
    replaces: null,
  };
}
