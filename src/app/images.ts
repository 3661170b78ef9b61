import type {
  Developed,
  DevelopOptions,
  FocalPoint,
  ImageFacts,
  OwnLimits,
  Refused,
} from '../processors/types.ts';
import type { StoredRendition } from '../serdes/image-processed.generated.ts';
import type { Arrival } from '../sources/arrival.ts';

/** What every image carries from stage to stage; `original` is its record's value, for a dead letter. */
type Carried = Pick<Arrival, 'identity' | 'original'> & {
  /** Version of its customer's policy; absent: there is none. */
  readonly policyVersion?: number;
};

/** An image that will not be developed, whatever stage found that out. */
export type RefusedImage = Carried & { readonly kind: 'refused'; readonly refused: Refused };

/** Its bytes are here; for an inline image they are `original`. */
export type FetchedImage = Carried & {
  readonly kind: 'fetched';
  readonly bytes: Buffer;
  /** What its customer's policy allows. */
  readonly limits: OwnLimits;
  /** What is asked for it, by its customer's policy and by whoever sent it. */
  readonly wishes: Omit<DevelopOptions, 'signal' | 'limits'>;
};

export type DevelopedImage = Carried & {
  readonly kind: 'developed';
  readonly developed: Developed;
  /** What its crops were made around; part of the name of the result. */
  readonly focalPoint?: FocalPoint;
};

/** Its renditions are durable; their bytes are gone from here. */
export type ArchivedImage = Carried & {
  readonly kind: 'archived';
  readonly facts: ImageFacts;
  readonly pipeline: string;
  readonly durationMs: number;
  readonly renditions: readonly StoredRendition[];
};

/** A refused image whose record's value, where it is too large for a letter, is durable in the archive. */
export type LaidOutImage = RefusedImage & { readonly body?: StoredBody };

/** A dead letter's body outside the letter. */
export interface StoredBody {
  /** Absent when the store would not have it: the letter then goes without its body. */
  readonly place?: { readonly bucket: string; readonly key: string };
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Bytes that a fetched image holds beyond its record's. */
export const fetchedBytes = (image: FetchedImage | RefusedImage): number =>
  image.kind === 'refused' || image.bytes === image.original ? 0 : image.bytes.length;

/** Bytes that a developed image holds beyond its record's. */
export const renditionBytes = (image: DevelopedImage | RefusedImage): number =>
  image.kind === 'refused' ? 0 : image.developed.renditions.reduce((sum, { body }) => sum + body.length, 0);

export const isArchived = (image: ArchivedImage | LaidOutImage): image is ArchivedImage =>
  image.kind === 'archived';
