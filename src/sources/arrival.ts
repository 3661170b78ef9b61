import type { ImageSource } from '../serdes/image-processed.generated.ts';

/** Where an image lies in object storage. */
export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** What the record says of its size; absent: the store is asked. */
  readonly sizeBytes?: number;
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
export type Arrival = { readonly identity: ImageIdentity; readonly original: Buffer | null } & (
  | { readonly kind: 'inline'; readonly bytes: Buffer }
  | { readonly kind: 'reference'; readonly reference: ObjectReference }
  | { readonly kind: 'unusable'; readonly problem: Unusable }
);
