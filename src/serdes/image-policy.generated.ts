// Generated from schemas/ImagePolicy.avsc by `npm run generate`. Do not edit.

/** What one customer's images may be and what is made of them. Topic image-policies, key: customer id. What is null is as the service is configured. */
export interface ImagePolicy {
  /** 1 for a customer's first policy, one more with every change. */
  readonly version: number;
  /** Image formats that are processed, as in ImageProcessed.type; others are rejected. */
  readonly formats: readonly string[] | null;
  /** A larger image is rejected; never more than the service allows. */
  readonly maxBytes: number | null;
  /** Pixels over all frames; more is rejected; never more than the service allows. */
  readonly maxPixels: number | null;
  /** Frames of an animation; more is rejected; never more than the service allows. */
  readonly maxFrames: number | null;
  /** Width and height of one frame in pixels; more is rejected; never more than the service allows. */
  readonly maxSidePx: number | null;
  /** Decoded bytes over all frames for each byte of the file; more is rejected; never more than the service allows. */
  readonly maxRatio: number | null;
  /** Memory that decoding takes, in bytes; more is rejected; never more than the service allows. */
  readonly maxDecoderBytes: number | null;
  /** Name of the pipeline that makes the renditions, as in the service's configuration; null: the default one. */
  readonly pipeline: string | null;
  /** Formats that a rendition with format best may have; null: all. */
  readonly renditionFormats: readonly string[] | null;
  /** Whether events tell the camera's make and model; null: they do not. */
  readonly camera: boolean | null;
  /** When it was set, milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** schemas/ImagePolicy.avsc as canonical JSON. */
export const imagePolicySchema: string =
  "{\"doc\":\"What one customer's images may be and what is made of them. Topic image-policies, key: customer id. What is null is as the service is configured.\",\"fields\":[{\"doc\":\"1 for a customer's first policy, one more with every change.\",\"name\":\"version\",\"type\":\"int\"},{\"default\":null,\"doc\":\"Image formats that are processed, as in ImageProcessed.type; others are rejected.\",\"name\":\"formats\",\"type\":[\"null\",{\"items\":\"string\",\"type\":\"array\"}]},{\"default\":null,\"doc\":\"A larger image is rejected; never more than the service allows.\",\"name\":\"maxBytes\",\"type\":[\"null\",\"long\"]},{\"default\":null,\"doc\":\"Pixels over all frames; more is rejected; never more than the service allows.\",\"name\":\"maxPixels\",\"type\":[\"null\",\"long\"]},{\"default\":null,\"doc\":\"Frames of an animation; more is rejected; never more than the service allows.\",\"name\":\"maxFrames\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Width and height of one frame in pixels; more is rejected; never more than the service allows.\",\"name\":\"maxSidePx\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Decoded bytes over all frames for each byte of the file; more is rejected; never more than the service allows.\",\"name\":\"maxRatio\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Memory that decoding takes, in bytes; more is rejected; never more than the service allows.\",\"name\":\"maxDecoderBytes\",\"type\":[\"null\",\"long\"]},{\"default\":null,\"doc\":\"Name of the pipeline that makes the renditions, as in the service's configuration; null: the default one.\",\"name\":\"pipeline\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Formats that a rendition with format best may have; null: all.\",\"name\":\"renditionFormats\",\"type\":[\"null\",{\"items\":\"string\",\"type\":\"array\"}]},{\"default\":null,\"doc\":\"Whether events tell the camera's make and model; null: they do not.\",\"name\":\"camera\",\"type\":[\"null\",\"boolean\"]},{\"doc\":\"When it was set, milliseconds since the epoch.\",\"name\":\"updatedAt\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}}],\"name\":\"ImagePolicy\",\"namespace\":\"darkroom\",\"type\":\"record\"}";
