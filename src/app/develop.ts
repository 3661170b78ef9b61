import { fromExternal } from '../sources/external.ts';
import { fromUpload } from '../sources/upload.ts';
import { otherwise, StreamsBuilder, type TimestampExtractor, type Topology } from '../topology/index.ts';
import { archiveImage } from './archive-image.ts';
import { deadLetter } from './dead-letter.ts';
import type { DevelopDeps } from './deps.ts';
import { developImage } from './develop-image.ts';
import { fetchImage } from './fetch-image.ts';
import { imageEvent } from './image-event.ts';
import { fetchedBytes, isArchived, renditionBytes } from './images.ts';
import { mapRecord } from './map-record.ts';

/** Every image that arrives, on either way, is developed and archived, and leaves exactly one event. */
function developImages(builder: StreamsBuilder, deps: DevelopDeps): void {
  const { topics, codec, nowMs, onOutcome } = deps;
  // a producer that stamps nothing must not stop the stream
  const timestampExtractor: TimestampExtractor<Buffer | null, Buffer | null> = ({ timestamp }) =>
    timestamp >= 0 ? timestamp : nowMs();

  const uploads = builder
    .stream(topics.imageUploads, { as: 'uploads', timestampExtractor })
    .mapAsync(fromUpload(deps), { as: 'decode', concurrency: 64 });
  const external = builder
    .stream(topics.imageStream, { as: 'external', timestampExtractor })
    .mapValues(fromExternal(deps), { as: 'read-external' });

  const { developed, refused } = uploads
    .merge(external, { as: 'arrivals' })
    .mapAsync(fetchImage(deps), { as: 'fetch', concurrency: 16, sizeOf: fetchedBytes })
    .mapAsync(developImage(deps), { as: 'develop', concurrency: deps.workers, sizeOf: renditionBytes })
    .mapAsync(archiveImage(deps), { as: 'archive', concurrency: 64 }) // renditions, or a refused image's body to dead/
    .split({ developed: isArchived, refused: otherwise }, { as: 'outcome-' });

  refused
    .process(mapRecord(deadLetter), { as: 'dead-letter' })
    .to(topics.imageDeadLetter, { as: 'dead-letters' });

  developed
    .merge(refused, { as: 'outcomes' })
    .process(
      mapRecord(({ value, timestamp }, context) => {
        const event = imageEvent(value, context, nowMs());
        return { key: Buffer.from(event.eventId), value: event, timestamp, headers: [] };
      }),
      { as: 'event' },
    )
    .peek((event, _key, context) => onOutcome?.(event, context), { as: 'tell' })
    .mapValues((event) => codec.encodeProcessed(event), { as: 'encode' })
    .to(topics.imageStats, { as: 'image-stats' });
}

/** The application "develop" as a topology, ready for Kafka or the test driver. */
export function developTopology(deps: DevelopDeps): Topology {
  const builder = new StreamsBuilder();
  developImages(builder, deps);
  return builder.build();
}
