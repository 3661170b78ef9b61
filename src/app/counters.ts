import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import type { CountedImage } from '../sinks/redis.ts';
import { type ExternalSink, StreamsBuilder, type Topology } from '../topology/index.ts';
import { readStats, type StatsDeps } from './read-stats.ts';

export interface CountersDeps extends StatsDeps {
  /** Counts each image once; Redis. */
  readonly sink: ExternalSink<unknown, CountedImage>;
  /** How long images wait for others to be counted with them, ms; 0.5 s by default. */
  readonly lingerMs?: number;
}

/** Counted in one step of Redis, which serves nobody else meanwhile. */
const MAX_BATCH_RECORDS = 1_000;

/** The application "counters": images by customer, type, outcome and the day on which they were received. */
export function countersTopology(deps: CountersDeps): Topology {
  const { sink, lingerMs = 500 } = deps;
  const builder = new StreamsBuilder();
  readStats(builder, deps)
    .flatMapValues(countedImages, { as: 'count' })
    .to(sink, { as: 'counters', lingerMs, maxBatchRecords: MAX_BATCH_RECORDS });
  return builder.build();
}

/** An image as it is now; a correction first takes out what it was counted as before. */
function countedImages({ customerId, type, outcome, receivedAt, replaces }: ImageProcessed): CountedImage[] {
  const counted: CountedImage = { customerId, type, outcome, day: dayOf(receivedAt), change: 1 };
  if (!replaces) return [counted];
  const before = { type: replaces.type, outcome: replaces.outcome, day: dayOf(replaces.receivedAt) };
  return [{ customerId, ...before, change: -1 }, counted];
}

const FIRST_DAY_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_DAY_MS = Date.parse('9999-12-31T00:00:00.000Z');

/** A producer chooses its records' times: what no calendar has is moved to the nearest day that one has. */
function dayOf(ms: number): string {
  return new Date(Math.min(LAST_DAY_MS, Math.max(FIRST_DAY_MS, ms))).toISOString().slice(0, 10);
}
