import type { ImageCodec } from '../serdes/codec.ts';
import type { ImageOutcome, ImageProcessed } from '../serdes/image-processed.generated.ts';
import { jsonSerde } from '../serdes/json-serde.ts';
import {
  StreamsBuilder,
  stringSerde,
  type Topology,
  timeWindows,
  untilWindowCloses,
} from '../topology/index.ts';
import { readStats, type StatsDeps } from './read-stats.ts';

export interface CountsDeps extends StatsDeps {
  readonly imageCounts: string;
  readonly codec: StatsDeps['codec'] & Pick<ImageCodec, 'encodeCount'>;
  /** Length of a window, ms. Default one minute. */
  readonly windowMs?: number;
  /** How long a window takes in what comes late, ms. Default one minute. */
  readonly graceMs?: number;
}

type Counted = Pick<ImageProcessed, 'customerId' | 'type' | 'outcome'>;
type Outcomes = Readonly<Record<ImageOutcome, number>>;

const MINUTE_MS = 60_000;
const NONE: Outcomes = { processed: 0, rejected: 0, failed: 0 };

/** The application "counts": images by customer and type, minute for minute, each window once and when it has closed. */
export function countsTopology(deps: CountsDeps): Topology {
  const { imageCounts, codec, windowMs = MINUTE_MS, graceMs = MINUTE_MS } = deps;
  const builder = new StreamsBuilder();
  readStats(builder, deps)
    .filter(({ revision }) => revision === 1, { as: 'first' })
    .mapValues(({ customerId, type, outcome }): Counted => ({ customerId, type, outcome }), { as: 'pick' })
    .groupBy(({ customerId, type }) => categoryKey(customerId, type), {
      as: 'by-customer-and-type',
      key: stringSerde,
      value: jsonSerde<Counted>(),
    })
    .windowedBy(timeWindows({ sizeMs: windowMs, graceMs }))
    .aggregate(
      () => NONE,
      (counts, { outcome }) => ({ ...counts, [outcome]: counts[outcome] + 1 }),
      { as: 'count', materialized: { as: 'minutes', key: stringSerde, value: jsonSerde<Outcomes>() } },
    )
    .suppress(untilWindowCloses(), { as: 'closed' })
    .toStream({ as: 'minute' })
    .map(
      (outcomes, { key, window }) => {
        const [customerId, type] = categoryOf(key);
        const { startMs: windowStart, endMs: windowEnd } = window;
        const count = { customerId, type, windowStart, windowEnd, ...(outcomes ?? NONE) };
        return { key: JSON.stringify([customerId, type, window.startMs]), value: codec.encodeCount(count) };
      },
      { as: 'encode' },
    )
    .to(imageCounts, { as: 'image-counts', key: stringSerde });
  return builder.build();
}

const categoryKey = (customerId: string, type: string): string => JSON.stringify([customerId, type]);

function categoryOf(key: string): readonly [customerId: string, type: string] {
  const [customerId, type]: string[] = JSON.parse(key);
  return [customerId ?? 'unknown', type ?? 'unknown'];
}
