/** A time as it stands in keys and values: 8 bytes, big-endian, so that for times from 0 the bytes' order is theirs. */
export const TIME_BYTES = 8;

/** The highest time that a key can hold and still have a next one. */
export const MAX_TIME_MS = Number.MAX_SAFE_INTEGER - 1;

const TWO_TO_32 = 2 ** 32;

/** Returns the offset behind. Throws RangeError for what is no safe integer. */
export function writeTime(bytes: Buffer, timeMs: number, offset: number): number {
  const high = Math.floor(timeMs / TWO_TO_32);
  bytes.writeInt32BE(high, offset);
  return bytes.writeUInt32BE(timeMs - high * TWO_TO_32, offset + 4);
}

export function readTime(bytes: Buffer, offset: number): number {
  return bytes.readInt32BE(offset) * TWO_TO_32 + bytes.readUInt32BE(offset + 4);
}
