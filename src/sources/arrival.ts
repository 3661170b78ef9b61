import type { ImageSource } from '../serdes/image-processed.generated.ts';

/** Where an image lies in object storage. */
export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** What the record says of its size; absent: the store is asked. */
  readonly sizeBytes?: number;
}

/** Where an image lies on the web. */
export interface UrlReference {
  /** Absolute, as it was sent: its query may hold a secret. */
  readonly url: string;
  /** What the record says of its size. */
  readonly sizeBytes?: number;
}

/** A place in the picture as it is shown: 0 to 1 from the left and from the top, after EXIF orientation. */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

/** What whoever sent an image asks for it. */
export interface SenderWishes {
  /** What must stay in a crop. */
  readonly focalPoint?: FocalPoint;
  /** Name of a pipeline, where the customer's policy names none. */
  readonly pipeline?: string;
}

/** What is known of an image before its bytes are looked at. */
export interface ImageIdentity {
  /** 32 lower-case hex digits; event id and key of its event. */
  readonly imageId: string;
  /** `unknown` where the record does not say it in a valid way. */
  readonly customerId: string;
  readonly source: ImageSource;
  /** When the producer says that it was made, ms since the epoch. */
  readonly createdAtMs?: number;
  readonly receivedAtMs: number;
}

/** Why a record holds no image that could be worked on; a value, so that the stream goes on. */
export interface Unusable {
  /** Stable, in docs/errors.md. */
  readonly code: string;
  /** One sentence for a person. */
  readonly reason: string;
}

/** A record that brought an image, on any way; `original` are its bytes as they came, for a dead letter. */
export type Arrival = {
  readonly identity: ImageIdentity;
  readonly original: Buffer | null;
  readonly wishes?: SenderWishes;
} & (
  | { readonly kind: 'inline'; readonly bytes: Buffer }
  | { readonly kind: 'reference'; readonly reference: ObjectReference }
  | { readonly kind: 'url'; readonly reference: UrlReference }
  | { readonly kind: 'unusable'; readonly problem: Unusable }
);

/** Bytes that an arrival holds beyond its record's. */
export const arrivedBytes = (arrival: Arrival): number =>
  arrival.kind === 'inline' && arrival.bytes !== arrival.original ? arrival.bytes.length : 0;
