import type { Decoded, ImageCodec } from '../serdes/codec.ts';
import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import {
  type KStream,
  otherwise,
  type RecordContext,
  type StreamsBuilder,
  type TimestampExtractor,
} from '../topology/index.ts';

/** What every application behind `image-stats` needs. */
export interface StatsDeps {
  /** The topic of statistics. */
  readonly imageStats: string;
  readonly codec: Pick<ImageCodec, 'decodeProcessed'>;
  /**
   * Told of a record that is no event, in its turn; it is left out, so that it stops nobody. It may be told again after a
   * crash. Must not throw.
   */
  readonly onUndecodable: (problem: Undecodable, context: RecordContext) => void;
}

export type Undecodable = Extract<Decoded<unknown>, { readonly ok: false }>;
type DecodedEvent = Extract<Decoded<ImageProcessed>, { readonly ok: true }>;

const isEvent = (decoded: Decoded<ImageProcessed>): decoded is DecodedEvent => decoded.ok;
const isUndecodable = (decoded: Decoded<ImageProcessed>): decoded is Undecodable => !decoded.ok;
/** A record without a time would be dropped before anybody sees it. */
const anyTime: TimestampExtractor<Buffer | null, Buffer | null> = ({ timestamp }) => Math.max(timestamp, 0);

/** The events of the topic of statistics. */
export function readStats(
  builder: StreamsBuilder,
  { imageStats, codec, onUndecodable }: StatsDeps,
): KStream<Buffer | null, ImageProcessed> {
  const { event, undecodable } = builder
    .stream(imageStats, { as: 'stats', timestampExtractor: anyTime })
    .mapAsync((bytes) => codec.decodeProcessed(bytes), { as: 'decode', concurrency: 64 })
    .split({ event: isEvent, undecodable: otherwise }, { as: 'read-' });
  undecodable.foreach(
    (problem, _key, context) => {
      if (isUndecodable(problem)) onUndecodable(problem, context);
    },
    { as: 'leave-out' },
  );
  return event.mapValues(({ value }) => value, { as: 'event' });
}
