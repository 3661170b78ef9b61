// Generated from schemas/ImageCount.avsc by `npm run generate`. Do not edit.

/** How many images of one type a customer had in one minute, by the time at which they were done. Topic image-counts, key: customer, type and window as a JSON array. One record a window, when it has closed; only images, not corrections of them. */
export interface ImageCount {
  /** Whose images they are; 'unknown' where the record did not say so in a valid way. */
  readonly customerId: string;
  /** Image format, as in ImageProcessed. */
  readonly type: string;
  /** Begin of the window, inclusive, milliseconds since the epoch. */
  readonly windowStart: number;
  /** End of the window, exclusive, milliseconds since the epoch. */
  readonly windowEnd: number;
  /** Images whose renditions are stored. */
  readonly processed: number;
  /** Images that were at fault themselves. */
  readonly rejected: number;
  /** Images whose processing was at fault. */
  readonly failed: number;
}

/** schemas/ImageCount.avsc as canonical JSON. */
export const imageCountSchema: string =
  "{\"doc\":\"How many images of one type a customer had in one minute, by the time at which they were done. Topic image-counts, key: customer, type and window as a JSON array. One record a window, when it has closed; only images, not corrections of them.\",\"fields\":[{\"doc\":\"Whose images they are; 'unknown' where the record did not say so in a valid way.\",\"name\":\"customerId\",\"type\":\"string\"},{\"doc\":\"Image format, as in ImageProcessed.\",\"name\":\"type\",\"type\":\"string\"},{\"doc\":\"Begin of the window, inclusive, milliseconds since the epoch.\",\"name\":\"windowStart\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}},{\"doc\":\"End of the window, exclusive, milliseconds since the epoch.\",\"name\":\"windowEnd\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}},{\"doc\":\"Images whose renditions are stored.\",\"name\":\"processed\",\"type\":\"long\"},{\"doc\":\"Images that were at fault themselves.\",\"name\":\"rejected\",\"type\":\"long\"},{\"doc\":\"Images whose processing was at fault.\",\"name\":\"failed\",\"type\":\"long\"}],\"name\":\"ImageCount\",\"namespace\":\"darkroom\",\"type\":\"record\"}";
