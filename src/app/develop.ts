import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import { jsonSerde } from '../serdes/json-serde.ts';
import { arrivedBytes } from '../sources/arrival.ts';
import { fromExternal } from '../sources/external.ts';
import { fromUpload } from '../sources/upload.ts';
import {
  type ErrorHandlers,
  otherwise,
  StreamsBuilder,
  stringSerde,
  type TimestampExtractor,
  type Topology,
} from '../topology/index.ts';
import { archiveImage } from './archive-image.ts';
import { deadLetter } from './dead-letter.ts';
import type { DevelopDeps } from './deps.ts';
import { developImage } from './develop-image.ts';
import { fetchImage } from './fetch-image.ts';
import { imageEvent } from './image-event.ts';
import { fetchedBytes, isArchived, renditionBytes } from './images.ts';
import { ledger, ledgerStore } from './ledger.ts';
import { mapRecord } from './map-record.ts';
import type { ArrivalWithPolicy } from './policies.ts';

const DEAD_LETTERS = 'dead-letters';

/** A letter that its topic refuses is left to the engine's own, which leaves out of the record what does not fit. */
export const developHandlers: ErrorHandlers = {
  production: ({ node }) => (node === DEAD_LETTERS ? 'dead-letter' : 'fail'),
};

/** Every image that arrives, on either way and however often, is developed and archived, and leaves exactly one event. */
function developImages(builder: StreamsBuilder, deps: DevelopDeps): void {
  const { topics, codec, nowMs, onOutcome, onRepeat } = deps;
  // a producer that stamps nothing must not stop the stream
  const timestampExtractor: TimestampExtractor<Buffer | null, Buffer | null> = ({ timestamp }) =>
    timestamp >= 0 ? timestamp : nowMs();

  const uploads = builder
    .stream(topics.imageUploads, { as: 'uploads', timestampExtractor })
    .mapAsync(fromUpload(deps), { as: 'decode', concurrency: 64 });
  const external = builder
    .stream(topics.imageStream, { as: 'external', timestampExtractor })
    .mapAsync(fromExternal(deps), { as: 'read-external', concurrency: 64, sizeOf: arrivedBytes });

  builder.addStateStore(ledgerStore);
  const policies = builder.globalTable(topics.imagePolicies, {
    as: 'policies',
    key: stringSerde,
    materialized: { as: 'policies' },
  });

  const { developed, refused } = uploads
    .merge(external, { as: 'arrivals' })
    .leftJoin(
      policies,
      ({ identity }) => identity.customerId,
      (arrival, policyBytes): ArrivalWithPolicy => ({ arrival, policyBytes }),
      { as: 'policy' },
    )
    .mapAsync(fetchImage(deps), { as: 'fetch', concurrency: 16, sizeOf: fetchedBytes })
    .mapAsync(developImage(deps), { as: 'develop', concurrency: deps.workers, sizeOf: renditionBytes })
    .mapAsync(archiveImage(deps), { as: 'archive', concurrency: 64 }) // renditions, or a refused image's body to dead/
    .split({ developed: isArchived, refused: otherwise }, { as: 'outcome-' });

  refused
    .process(
      mapRecord((record, context) => deadLetter(record, context, nowMs())),
      { as: 'dead-letter' },
    )
    .to(topics.imageDeadLetter, { as: DEAD_LETTERS });

  developed
    .merge(refused, { as: 'outcomes' })
    .process(
      mapRecord(({ value }, context) => {
        const event = imageEvent(value, context, nowMs());
        return { key: event.eventId, value: event, timestamp: event.processedAt, headers: [] };
      }),
      { as: 'event' },
    )
    .repartition({ as: 'outcomes', key: stringSerde, value: jsonSerde<ImageProcessed>() })
    .processValues(ledger(onRepeat), { as: 'ledger', stores: [ledgerStore] })
    .peek((event) => onOutcome?.(event), { as: 'tell' })
    .mapValues((event) => codec.encodeProcessed(event), { as: 'encode' })
    .to(topics.imageStats, { as: 'image-stats', key: stringSerde });
}

/** The application "develop" as a topology, ready for Kafka or the test driver. */
export function developTopology(deps: DevelopDeps): Topology {
  const builder = new StreamsBuilder();
  developImages(builder, deps);
  return builder.build();
}
