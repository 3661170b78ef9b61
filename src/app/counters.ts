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
    .mapValues(countedImage, { as: 'count' })
    .to(sink, { as: 'counters', lingerMs, maxBatchRecords: MAX_BATCH_RECORDS });
  return builder.build();
}

const countedImage = ({ customerId, type, outcome, receivedAt }: ImageProcessed): CountedImage => ({
  customerId,
  type,
  outcome,
  day: dayOf(receivedAt),
});

const FIRST_DAY_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_DAY_MS = Date.parse('9999-12-31T00:00:00.000Z');

/** A producer chooses its records' times: what no calendar has is moved to the nearest day that one has. */
function dayOf(ms: number): string {
  return new Date(Math.min(LAST_DAY_MS, Math.max(FIRST_DAY_MS, ms))).toISOString().slice(0, 10);
}
