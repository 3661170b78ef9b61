// Generated from schemas/ExternalImage.avsc by `npm run generate`. Do not edit.

/** An image that another application sends over image-stream in Avro. What a header of the record says too must be the same there (docs/external-stream.md). */
export interface ExternalImage {
  /** The bytes of one image file, or where it lies. */
  readonly image: Buffer | ImageReference;
  /** Whose image it is; null where the header customer-id says it. */
  readonly customerId: string | null;
  /** The producer's own identity of the image, as the header image-id. */
  readonly imageId: string | null;
  /** When the image was made, milliseconds since the epoch. */
  readonly createdAt: number | null;
  /** What the producer says the content is. Information only: the format is told from the bytes. */
  readonly contentType: string | null;
  /** What must stay in a crop. */
  readonly focalPoint: FocalPoint | null;
  /** Name of the pipeline, where the customer's policy names none. */
  readonly pipeline: string | null;
}

/** A place in the picture as it is shown. */
export interface FocalPoint {
  /** 0 to 1 from the left. */
  readonly x: number;
  /** 0 to 1 from the top. */
  readonly y: number;
}

/** Where an image lies: an object in S3 (bucket and key) or a URL. */
export interface ImageReference {
  /** Bucket that the service is configured to read. */
  readonly bucket: string | null;
  /** Object key in the bucket, not URL-encoded. */
  readonly key: string | null;
  /** Version of the object; null: as it is when the service comes to it. */
  readonly versionId: string | null;
  /** Instead of bucket and key: an address whose host the service is configured to ask. */
  readonly url: string | null;
  /** Size in bytes; null: the service asks. */
  readonly sizeBytes: number | null;
}

/** schemas/ExternalImage.avsc as canonical JSON. */
export const externalImageSchema: string =
  "{\"doc\":\"An image that another application sends over image-stream in Avro. What a header of the record says too must be the same there (docs/external-stream.md).\",\"fields\":[{\"doc\":\"The bytes of one image file, or where it lies.\",\"name\":\"image\",\"type\":[\"bytes\",{\"doc\":\"Where an image lies: an object in S3 (bucket and key) or a URL.\",\"fields\":[{\"default\":null,\"doc\":\"Bucket that the service is configured to read.\",\"name\":\"bucket\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Object key in the bucket, not URL-encoded.\",\"name\":\"key\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Version of the object; null: as it is when the service comes to it.\",\"name\":\"versionId\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Instead of bucket and key: an address whose host the service is configured to ask.\",\"name\":\"url\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Size in bytes; null: the service asks.\",\"name\":\"sizeBytes\",\"type\":[\"null\",\"long\"]}],\"name\":\"ImageReference\",\"type\":\"record\"}]},{\"default\":null,\"doc\":\"Whose image it is; null where the header customer-id says it.\",\"name\":\"customerId\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"The producer's own identity of the image, as the header image-id.\",\"name\":\"imageId\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"When the image was made, milliseconds since the epoch.\",\"name\":\"createdAt\",\"type\":[\"null\",{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}]},{\"default\":null,\"doc\":\"What the producer says the content is. Information only: the format is told from the bytes.\",\"name\":\"contentType\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"What must stay in a crop.\",\"name\":\"focalPoint\",\"type\":[\"null\",{\"doc\":\"A place in the picture as it is shown.\",\"fields\":[{\"doc\":\"0 to 1 from the left.\",\"name\":\"x\",\"type\":\"double\"},{\"doc\":\"0 to 1 from the top.\",\"name\":\"y\",\"type\":\"double\"}],\"name\":\"FocalPoint\",\"type\":\"record\"}]},{\"default\":null,\"doc\":\"Name of the pipeline, where the customer's policy names none.\",\"name\":\"pipeline\",\"type\":[\"null\",\"string\"]}],\"name\":\"ExternalImage\",\"namespace\":\"darkroom\",\"type\":\"record\"}";
