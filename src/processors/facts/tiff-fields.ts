import { plainText } from './plain-text.ts';

/** Fields of one directory of a TIFF structure, by tag. Values are read when they are asked for, within the block. */
export interface Ifd {
  /** Whether all the entries that it announces are there. */
  readonly whole: boolean;
  has(tag: number): boolean;
  /** Of an ASCII or UTF-8 field; undefined where there is none to read, or only blanks. */
  text(tag: number): string | undefined;
  /** Whether any of the first three rationals is a number, which x/0 is not; undefined where they cannot be read. */
  hasNumber(tag: number): boolean | undefined;
  /** The directory that a field points to; undefined where there is none to read. */
  directory(tag: number): Ifd | undefined;
}

/** TIFF 6.0, section 2; 13 is of its first supplement, 129 of EXIF 3.0. */
const ASCII = 2;
const LONG = 4;
const RATIONAL = 5;
const SRATIONAL = 10;
const IFD = 13;
const UTF8 = 129;
const ENTRY_BYTES = 12;
const RATIONAL_BYTES = 8;
/** Degrees, minutes, seconds. */
const MAX_RATIONALS = 3;
const MAX_TEXT_BYTES = 2_000;

interface Field {
  readonly type: number;
  readonly count: number;
  /** Of the four bytes that hold the value or its place. */
  readonly at: number;
}

/** The block with the byte order that it announces; reads outside of it are undefined. */
interface Block {
  readonly bytes: Buffer;
  readonly u16: (at: number) => number | undefined;
  readonly u32: (at: number) => number | undefined;
}

/**
 * The first directory of a TIFF structure: an EXIF block with or without its `Exif` preamble, or a TIFF file. Undefined where
 * there is none. No directory is followed but by asking for it, so that there is nothing to go round in.
 */
export function openTiff(given: Buffer): Ifd | undefined {
  const bytes = given.toString('latin1', 0, 6) === 'Exif\0\0' ? given.subarray(6) : given;
  const order = bytes.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return undefined;
  const big = order === 'MM\0*';
  const within = (at: number, length: number) => at + length <= bytes.length;
  const block: Block = {
    bytes,
    u16: (at) => (within(at, 2) ? (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)) : undefined),
    u32: (at) => (within(at, 4) ? (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) : undefined),
  };
  return readDirectory(block, block.u32(4));
}

function readDirectory(block: Block, start: number | undefined): Ifd | undefined {
  const entries = start === undefined ? undefined : block.u16(start);
  if (start === undefined || entries === undefined) return undefined;
  const fields = new Map<number, Field>();
  const room = Math.floor((block.bytes.length - start - 2) / ENTRY_BYTES);
  for (let index = 0; index < Math.min(entries, room); index++) {
    const at = start + 2 + index * ENTRY_BYTES;
    const tag = block.u16(at);
    const type = block.u16(at + 2);
    const count = block.u32(at + 4);
    if (tag === undefined || type === undefined || count === undefined) break;
    if (!fields.has(tag)) fields.set(tag, { type, count, at: at + 8 });
  }
  return {
    whole: entries <= room,
    has: (tag) => fields.has(tag),
    text: (tag) => textOf(block, fields.get(tag)),
    hasNumber: (tag) => hasNumber(block, fields.get(tag)),
    directory: (tag) => {
      const field = fields.get(tag);
      const points = field && (field.type === LONG || field.type === IFD) && field.count === 1;
      return points ? readDirectory(block, block.u32(field.at)) : undefined;
    },
  };
}

function textOf(block: Block, field: Field | undefined): string | undefined {
  if (!field || (field.type !== ASCII && field.type !== UTF8)) return undefined;
  const start = field.count <= 4 ? field.at : block.u32(field.at);
  if (start === undefined || start + field.count > block.bytes.length) return undefined;
  const value = block.bytes.subarray(start, start + Math.min(field.count, MAX_TEXT_BYTES));
  // A copyright has two parts, of the photographer and of the editor, each ended by NUL (EXIF 2.3, 4.6.4).
  const parts = decoded(value)
    .split('\0')
    .flatMap((part) => plainText(part) ?? []);
  return plainText(parts.join('; '));
}

/** ASCII by the standard, UTF-8 by those who need more, and Latin-1 by their elders. */
function decoded(value: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value, { stream: true });
  } catch {
    return value.toString('latin1');
  }
}

function hasNumber(block: Block, field: Field | undefined): boolean | undefined {
  if (!field || (field.type !== RATIONAL && field.type !== SRATIONAL) || field.count === 0) return undefined;
  const start = block.u32(field.at);
  if (start === undefined) return undefined;
  const denominators = Array.from({ length: Math.min(field.count, MAX_RATIONALS) }, (_, index) =>
    block.u32(start + index * RATIONAL_BYTES + 4),
  );
  if (denominators.includes(undefined)) return undefined;
  return denominators.some((denominator) => denominator !== 0);
}
