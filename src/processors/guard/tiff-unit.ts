const ROWS_PER_STRIP = 278;
const TILE_WIDTH = 322;
const TILE_LENGTH = 323;
const SHORT = 3;
const LONG = 4;
const LONG8 = 16;

/** What a TIFF is decoded in: tiles, or strips as wide as the picture (width 0), in pixels. */
export interface TiffUnit {
  readonly width: number;
  readonly height: number;
}

/**
 * The unit of a TIFF's first picture (TIFF 6.0 sections 7 and 15; BigTIFF too). Undefined when the directory cannot be read
 * or names none, which means one strip.
 */
export function tiffUnit(bytes: Buffer): TiffUnit | undefined {
  try {
    const tags = firstDirectory(bytes);
    const width = tags.get(TILE_WIDTH);
    const height = tags.get(TILE_LENGTH) ?? tags.get(ROWS_PER_STRIP);
    return height ? { width: width ?? 0, height } : undefined;
  } catch {
    return undefined; // it points outside of the file: the decoder will say so
  }
}

/** Numbers of one value, by tag. Throws a RangeError where the file is too short. */
function firstDirectory(bytes: Buffer): Map<number, number> {
  const little = bytes[0] === 0x49;
  const short = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const long8 = (at: number) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const big = short(2) === 43;
  const start = big ? long8(8) : long(4);
  const count = big ? long8(start) : short(start);
  const [headBytes, entryBytes] = big ? [8, 20] : [2, 12];
  const tags = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = start + headBytes + i * entryBytes;
    const tag = short(at);
    if (tag > TILE_LENGTH) break; // sorted by tag
    const type = short(at + 2);
    const value = at + (big ? 12 : 8);
    if (type === SHORT) tags.set(tag, short(value));
    else if (type === LONG) tags.set(tag, long(value));
    else if (type === LONG8) tags.set(tag, long8(value));
  }
  return tags;
}
