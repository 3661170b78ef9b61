// Generated from schemas/ImageProcessed.avsc by `npm run generate`. Do not edit.

/** What became of one image. Topic image-stats, key: event id. Exactly one event an attempt, for good and bad images alike. */
export interface ImageProcessed {
  /** Identity of the image, 32 lower-case hex digits: the same on whichever way it came, if its producer named it. */
  readonly eventId: string;
  /** Identity of a repeated attempt; null for the first. */
  readonly attemptId: string | null;
  /** 1 for the first event of an image; a later attempt has the next number. */
  readonly revision: number;
  /** Whose image it is; 'unknown' where the record did not say so in a valid way. */
  readonly customerId: string;
  /** The way on which the image came. */
  readonly source: ImageSource;
  /** How it ended. */
  readonly outcome: ImageOutcome;
  /** Why it was not processed, as a stable code of docs/errors.md; null when processed. */
  readonly code: string | null;
  /** The same as one sentence for a person; null when processed. */
  readonly reason: string | null;
  /** Image format told from the bytes (jpeg, png, webp, gif, avif, heif, tiff, svg, bmp, jxl); 'unknown' where it could not be told. */
  readonly type: string;
  /** Size of the image as it came, in bytes; null where not known. */
  readonly bytes: number | null;
  /** Width in pixels after EXIF orientation; null where not known. */
  readonly width: number | null;
  /** Height of one frame in pixels after EXIF orientation; null where not known. */
  readonly height: number | null;
  /** Number of frames, 1 for a still image; null where not known. */
  readonly frames: number | null;
  /** Whether it has transparency; null where not known. */
  readonly hasAlpha: boolean | null;
  /** SHA-256 of the image as it came, lower-case hex; null where its bytes were not read. */
  readonly sha256: string | null;
  /** Width times height of one frame, in millions; null where not known. */
  readonly megapixels: number | null;
  /** How the file holds its pixels, by libvips' names: srgb (RGB of 8 bits, with whatever profile), rgb16, b-w, grey16, cmyk and rarer ones; null where not known. */
  readonly colourSpace: string | null;
  /** EXIF orientation, 1 to 8; null where the image says none. */
  readonly orientation: number | null;
  /** Whether EXIF or XMP of the image as it came said where it was taken; renditions never do. Null where they could not be read. */
  readonly hasLocation: boolean | null;
  /** Maker of the camera as EXIF or XMP says it; null where the customer's policy does not let it be told. */
  readonly cameraMake: string | null;
  /** Model of the camera, likewise. */
  readonly cameraModel: string | null;
  /** The most frequent colour, #rrggbb in sRGB; null where the image was not decoded or all of it is transparent. */
  readonly dominantColour: string | null;
  /** Up to six colours, #rrggbb in sRGB, the most frequent first; empty where all is transparent, null where it was not decoded. */
  readonly palette: readonly string[] | null;
  /** ThumbHash of the first frame in base64, to be shown until a rendition is there; null where it was not decoded. */
  readonly thumbHash: string | null;
  /** 64 bits as 16 lower-case hex digits: copies of a picture differ in few of them, see docs/facts.md; null where it was not decoded. */
  readonly perceptualHash: string | null;
  /** Name and version of the pipeline that made the renditions, as in standard@1; null when not processed. */
  readonly pipeline: string | null;
  /** The stored renditions, in the order of the pipeline; empty when not processed. */
  readonly renditions: readonly StoredRendition[];
  /** When the producer says that the image was made, milliseconds since the epoch; null where it does not say. */
  readonly createdAt: number | null;
  /** When the image reached the system, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** When the attempt ended, milliseconds since the epoch. */
  readonly processedAt: number;
  /** Time spent on the image in a worker, milliseconds; 0 where none was. */
  readonly durationMs: number;
  /** Topic of the record that brought the image. */
  readonly sourceTopic: string;
  /** Partition of that record. */
  readonly sourcePartition: number;
  /** Offset of that record. */
  readonly sourceOffset: number;
  /** What this event corrects: take that out of a count before this is put in. Null in revision 1. */
  readonly replaces: ReplacedOutcome | null;
}

/** What an earlier event of the image was counted as. */
export interface ReplacedOutcome {
  /** Revision of the event that is replaced. */
  readonly revision: number;
  /** Its outcome. */
  readonly outcome: ImageOutcome;
  /** Its image format. */
  readonly type: string;
  /** The time by which it was counted, milliseconds since the epoch; that of this event is the same. */
  readonly receivedAt: number;
}

/** One derived picture and where it is stored. */
export interface StoredRendition {
  /** Name in the pipeline, as in thumb. */
  readonly name: string;
  /** Bucket that holds it. */
  readonly bucket: string;
  /** Object key in the bucket. */
  readonly key: string;
  /** Media type, as in image/webp. */
  readonly contentType: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Size in bytes. */
  readonly bytes: number;
}

/** processed: renditions are stored. rejected: the image or its record is at fault, the same bytes will be refused again. failed: the processing is at fault, another attempt may go well. */
export type ImageOutcome = 'processed' | 'rejected' | 'failed';

/** upload: through the upload API. stream: over the external stream. */
export type ImageSource = 'unknown' | 'upload' | 'stream';

/** schemas/ImageProcessed.avsc as canonical JSON. */
export const imageProcessedSchema: string =
  "{\"doc\":\"What became of one image. Topic image-stats, key: event id. Exactly one event an attempt, for good and bad images alike.\",\"fields\":[{\"doc\":\"Identity of the image, 32 lower-case hex digits: the same on whichever way it came, if its producer named it.\",\"name\":\"eventId\",\"type\":\"string\"},{\"default\":null,\"doc\":\"Identity of a repeated attempt; null for the first.\",\"name\":\"attemptId\",\"type\":[\"null\",\"string\"]},{\"default\":1,\"doc\":\"1 for the first event of an image; a later attempt has the next number.\",\"name\":\"revision\",\"type\":\"int\"},{\"doc\":\"Whose image it is; 'unknown' where the record did not say so in a valid way.\",\"name\":\"customerId\",\"type\":\"string\"},{\"default\":\"unknown\",\"doc\":\"The way on which the image came.\",\"name\":\"source\",\"type\":{\"default\":\"unknown\",\"doc\":\"upload: through the upload API. stream: over the external stream.\",\"name\":\"ImageSource\",\"symbols\":[\"unknown\",\"upload\",\"stream\"],\"type\":\"enum\"}},{\"doc\":\"How it ended.\",\"name\":\"outcome\",\"type\":{\"doc\":\"processed: renditions are stored. rejected: the image or its record is at fault, the same bytes will be refused again. failed: the processing is at fault, another attempt may go well.\",\"name\":\"ImageOutcome\",\"symbols\":[\"processed\",\"rejected\",\"failed\"],\"type\":\"enum\"}},{\"default\":null,\"doc\":\"Why it was not processed, as a stable code of docs/errors.md; null when processed.\",\"name\":\"code\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"The same as one sentence for a person; null when processed.\",\"name\":\"reason\",\"type\":[\"null\",\"string\"]},{\"default\":\"unknown\",\"doc\":\"Image format told from the bytes (jpeg, png, webp, gif, avif, heif, tiff, svg, bmp, jxl); 'unknown' where it could not be told.\",\"name\":\"type\",\"type\":\"string\"},{\"default\":null,\"doc\":\"Size of the image as it came, in bytes; null where not known.\",\"name\":\"bytes\",\"type\":[\"null\",\"long\"]},{\"default\":null,\"doc\":\"Width in pixels after EXIF orientation; null where not known.\",\"name\":\"width\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Height of one frame in pixels after EXIF orientation; null where not known.\",\"name\":\"height\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Number of frames, 1 for a still image; null where not known.\",\"name\":\"frames\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Whether it has transparency; null where not known.\",\"name\":\"hasAlpha\",\"type\":[\"null\",\"boolean\"]},{\"default\":null,\"doc\":\"SHA-256 of the image as it came, lower-case hex; null where its bytes were not read.\",\"name\":\"sha256\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Width times height of one frame, in millions; null where not known.\",\"name\":\"megapixels\",\"type\":[\"null\",\"double\"]},{\"default\":null,\"doc\":\"How the file holds its pixels, by libvips' names: srgb (RGB of 8 bits, with whatever profile), rgb16, b-w, grey16, cmyk and rarer ones; null where not known.\",\"name\":\"colourSpace\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"EXIF orientation, 1 to 8; null where the image says none.\",\"name\":\"orientation\",\"type\":[\"null\",\"int\"]},{\"default\":null,\"doc\":\"Whether EXIF or XMP of the image as it came said where it was taken; renditions never do. Null where they could not be read.\",\"name\":\"hasLocation\",\"type\":[\"null\",\"boolean\"]},{\"default\":null,\"doc\":\"Maker of the camera as EXIF or XMP says it; null where the customer's policy does not let it be told.\",\"name\":\"cameraMake\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Model of the camera, likewise.\",\"name\":\"cameraModel\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"The most frequent colour, #rrggbb in sRGB; null where the image was not decoded or all of it is transparent.\",\"name\":\"dominantColour\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Up to six colours, #rrggbb in sRGB, the most frequent first; empty where all is transparent, null where it was not decoded.\",\"name\":\"palette\",\"type\":[\"null\",{\"items\":\"string\",\"type\":\"array\"}]},{\"default\":null,\"doc\":\"ThumbHash of the first frame in base64, to be shown until a rendition is there; null where it was not decoded.\",\"name\":\"thumbHash\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"64 bits as 16 lower-case hex digits: copies of a picture differ in few of them, see docs/facts.md; null where it was not decoded.\",\"name\":\"perceptualHash\",\"type\":[\"null\",\"string\"]},{\"default\":null,\"doc\":\"Name and version of the pipeline that made the renditions, as in standard@1; null when not processed.\",\"name\":\"pipeline\",\"type\":[\"null\",\"string\"]},{\"default\":[],\"doc\":\"The stored renditions, in the order of the pipeline; empty when not processed.\",\"name\":\"renditions\",\"type\":{\"items\":{\"doc\":\"One derived picture and where it is stored.\",\"fields\":[{\"doc\":\"Name in the pipeline, as in thumb.\",\"name\":\"name\",\"type\":\"string\"},{\"doc\":\"Bucket that holds it.\",\"name\":\"bucket\",\"type\":\"string\"},{\"doc\":\"Object key in the bucket.\",\"name\":\"key\",\"type\":\"string\"},{\"doc\":\"Media type, as in image/webp.\",\"name\":\"contentType\",\"type\":\"string\"},{\"doc\":\"Width in pixels.\",\"name\":\"width\",\"type\":\"int\"},{\"doc\":\"Height in pixels.\",\"name\":\"height\",\"type\":\"int\"},{\"doc\":\"Size in bytes.\",\"name\":\"bytes\",\"type\":\"long\"}],\"name\":\"StoredRendition\",\"type\":\"record\"},\"type\":\"array\"}},{\"default\":null,\"doc\":\"When the producer says that the image was made, milliseconds since the epoch; null where it does not say.\",\"name\":\"createdAt\",\"type\":[\"null\",{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}]},{\"doc\":\"When the image reached the system, milliseconds since the epoch.\",\"name\":\"receivedAt\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}},{\"doc\":\"When the attempt ended, milliseconds since the epoch.\",\"name\":\"processedAt\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}},{\"default\":0,\"doc\":\"Time spent on the image in a worker, milliseconds; 0 where none was.\",\"name\":\"durationMs\",\"type\":\"long\"},{\"doc\":\"Topic of the record that brought the image.\",\"name\":\"sourceTopic\",\"type\":\"string\"},{\"doc\":\"Partition of that record.\",\"name\":\"sourcePartition\",\"type\":\"int\"},{\"doc\":\"Offset of that record.\",\"name\":\"sourceOffset\",\"type\":\"long\"},{\"default\":null,\"doc\":\"What this event corrects: take that out of a count before this is put in. Null in revision 1.\",\"name\":\"replaces\",\"type\":[\"null\",{\"doc\":\"What an earlier event of the image was counted as.\",\"fields\":[{\"doc\":\"Revision of the event that is replaced.\",\"name\":\"revision\",\"type\":\"int\"},{\"doc\":\"Its outcome.\",\"name\":\"outcome\",\"type\":\"ImageOutcome\"},{\"doc\":\"Its image format.\",\"name\":\"type\",\"type\":\"string\"},{\"doc\":\"The time by which it was counted, milliseconds since the epoch; that of this event is the same.\",\"name\":\"receivedAt\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}}],\"name\":\"ReplacedOutcome\",\"type\":\"record\"}]}],\"name\":\"ImageProcessed\",\"namespace\":\"darkroom\",\"type\":\"record\"}";
