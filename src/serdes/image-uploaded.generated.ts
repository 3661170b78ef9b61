// Generated from schemas/ImageUploaded.avsc by `npm run generate`. Do not edit.

/** A customer's image lies in object storage and waits to be developed. Topic image-uploads, key: image id. */
export interface ImageUploaded {
  /** Identity of the image: 32 lower-case hex digits (docs/external-stream.md says of what). Also the record's key and the id of its event. */
  readonly imageId: string;
  /** Who uploaded it: 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit. */
  readonly customerId: string;
  /** Bucket that holds the upload; must be one that the service is configured to read. */
  readonly bucket: string;
  /** Object key in the bucket, not URL-encoded. */
  readonly key: string;
  /** Version of the object, so that a later overwrite cannot change what is developed; null where the bucket has no versions. */
  readonly versionId: string | null;
  /** Size of the object in bytes; null: the service asks the store. */
  readonly sizeBytes: number | null;
  /** What the uploader said the content is. Information only: the format is told from the bytes. */
  readonly contentType: string | null;
  /** When the upload was complete, milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** schemas/ImageUploaded.avsc as canonical JSON. */
export const imageUploadedSchema: string =
  "{\"doc\":\"A customer's image lies in object storage and waits to be developed. Topic image-uploads, key: image id.\",\"fields\":[{\"doc\":\"Identity of the image: 32 lower-case hex digits (docs/external-stream.md says of what). Also the record's key and the id of its event.\",\"name\":\"imageId\",\"type\":\"string\"},{\"doc\":\"Who uploaded it: 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit.\",\"name\":\"customerId\",\"type\":\"string\"},{\"doc\":\"Bucket that holds the upload; must be one that the service is configured to read.\",\"name\":\"bucket\",\"type\":\"string\"},{\"doc\":\"Object key in the bucket, not URL-encoded.\",\"name\":\"key\",\"type\":\"string\"},{\"default\":null,\"doc\":\"Version of the object, so that a later overwrite cannot change what is developed; null where the bucket has no versions.\",\"name\":\"versionId\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Size of the object in bytes; null: the service asks the store.\",\"name\":\"sizeBytes\",\"type\":[\"null\",\"long\"]},{\"default\":null,\"doc\":\"What the uploader said the content is. Information only: the format is told from the bytes.\",\"name\":\"contentType\",\"type\":[\"null\",\"string\"]},{\"doc\":\"When the upload was complete, milliseconds since the epoch.\",\"name\":\"receivedAt\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}}],\"name\":\"ImageUploaded\",\"namespace\":\"darkroom\",\"type\":\"record\"}";
