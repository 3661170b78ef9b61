import type { Darkroom } from '../processors/types.ts';
import type { ImageCodec } from '../serdes/codec.ts';
import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import type { ObjectStore } from '../sinks/types.ts';
import type { StreamForm } from '../sources/external-value.ts';
import type { ObjectFetcher } from '../sources/object-fetcher.ts';
import type { UrlFetcher } from '../sources/url-fetcher.ts';

export interface DevelopTopics {
  readonly imageUploads: string;
  readonly imageStream: string;
  readonly imagePolicies: string;
  readonly imageStats: string;
  readonly imageDeadLetter: string;
}

/** Everything of the outside that developing needs; `darkroom start` gives Kafka and S3, `darkroom try` a folder. */
export interface DevelopDeps {
  readonly topics: DevelopTopics;
  readonly codec: Pick<ImageCodec, 'decodeUpload' | 'decodeExternal' | 'decodePolicy' | 'encodeProcessed'>;
  readonly fetcher: ObjectFetcher;
  /** Absent: no host may be asked, every reference to a URL is refused. */
  readonly urls?: UrlFetcher;
  readonly darkroom: Pick<Darkroom, 'develop'>;
  /** How many images are developed at once: the number of workers. */
  readonly workers: number;
  /** Where renditions and the large bodies of dead letters go. */
  readonly archive: Pick<ObjectStore, 'put'>;
  /** The archive's bucket as events and letters name it. */
  readonly archiveBucket: string;
  /** Buckets that references may point into. */
  readonly allowedBuckets: ReadonlySet<string>;
  /** The form of records of the external stream whose content type does not say it. */
  readonly streamForm: StreamForm;
  /** Names of the pipelines that may be asked for. */
  readonly pipelines: ReadonlySet<string>;
  /** A larger image is refused before it is fetched; the guard's limit. */
  readonly maxImageBytes: number;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
  /** Called in each image's turn, for logs and metrics; must not throw. It may be called again for an image after a crash. */
  readonly onOutcome?: (event: ImageProcessed) => void;
  /** Called for an attempt that had its event before and gets none again; otherwise as `onOutcome`. */
  readonly onRepeat?: (event: ImageProcessed) => void;
}
