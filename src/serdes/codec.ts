import type { ExternalImage } from './external-image.generated.ts';
import type { ImageCount } from './image-count.generated.ts';
import type { ImagePolicy } from './image-policy.generated.ts';
import type { ImageProcessed } from './image-processed.generated.ts';
import type { ImageUploaded } from './image-uploaded.generated.ts';

/** A decoded value, or why the bytes hold none: a failure is a value, the stream goes on. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: 'AVRO_UNDECODABLE'; readonly reason: string };

/** The Avro records of Darkroom's topics in Confluent's wire format (a zero byte, a 4-byte schema id, the Avro binary). */
export interface ImageCodec {
  /** Rejects only when the writer's schema cannot be had at present: a StreamsError with the disposition `retry`. */
  decodeUpload(bytes: Buffer | null): Promise<Decoded<ImageUploaded>>;
  decodeProcessed(bytes: Buffer | null): Promise<Decoded<ImageProcessed>>;
  decodePolicy(bytes: Buffer | null): Promise<Decoded<ImagePolicy>>;
  decodeCount(bytes: Buffer | null): Promise<Decoded<ImageCount>>;
  decodeExternal(bytes: Buffer | null): Promise<Decoded<ExternalImage>>;
  /** Throws a RangeError that names the field when a value does not fit the schema. */
  encodeUpload(value: ImageUploaded): Buffer;
  encodeProcessed(value: ImageProcessed): Buffer;
  encodePolicy(value: ImagePolicy): Buffer;
  encodeCount(value: ImageCount): Buffer;
  encodeExternal(value: ExternalImage): Buffer;
}
