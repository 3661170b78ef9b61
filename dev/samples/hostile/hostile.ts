/** One input that means harm, or looks like it. */
export interface Hostile {
  /** File name; unique. Its extension may lie. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The codes it may end with, or `processed`; absent: processed, or rejected with any code. */
  readonly ends?: readonly string[];
}

/** Names what is made: `hostile('a.png', bytes, 'IMAGE_CORRUPT')`. */
export function hostile(name: string, bytes: Buffer, ...ends: string[]): Hostile {
  return ends.length > 0 ? { name, bytes, ends } : { name, bytes };
}
