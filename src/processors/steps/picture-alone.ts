import type { RenditionFormat } from '../types.ts';

/**
 * Whether a whole file has only the parts that make its picture, up to its last byte. What else there is may tell of anything, a
 * location too, where no decoder looks: comments, extensions, segments of applications, bytes behind the end.
 */
export function isPictureAlone(bytes: Buffer, format: RenditionFormat): boolean {
  try {
    return END_OF[format](bytes) === bytes.length;
  } catch (error) {
    if (error instanceof RangeError) return false; // a part is longer than the file
    throw error;
  }
}

/** Where a file ends that has known parts only. */
const END_OF: Readonly<Record<RenditionFormat, (bytes: Buffer) => number | undefined>> = {
  jpeg: endOfJpeg,
  png: endOfPng,
  webp: endOfWebp,
  gif: endOfGif,
  avif: endOfAvif,
};

const SOS = 0xda;
const EOI = 0xd9;
const APP0 = 0xe0;
const APP2 = 0xe2;
const APP14 = 0xee;
/** Tables, frames and scans: all from C0 to DD but for what is kept for later use, and DNL. */
const isCoding = (marker: number) => marker >= 0xc0 && marker <= 0xdd && marker !== 0xc8 && marker !== 0xdc;

function endOfJpeg(bytes: Buffer): number | undefined {
  for (let at = 2; ; ) {
    while (bytes[at + 1] === 0xff) at++; // fill bytes
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === EOI) return at + 2;
    const says = (name: string) => bytes.toString('latin1', at + 4, at + 4 + name.length) === name;
    const known =
      isCoding(marker) ||
      (marker === APP0 && says('JFIF\0')) ||
      (marker === APP2 && says('ICC_PROFILE\0')) ||
      (marker === APP14 && says('Adobe'));
    if (!known) return undefined;
    at += 2 + bytes.readUInt16BE(at + 2);
    if (marker === SOS) at = endOfScan(bytes, at);
  }
}

/** Entropy-coded data: a byte FF in it is followed by 0, or is a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes.readUInt8(at + 1);
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

const PNG_SIGNATURE_BYTES = 8;
const PNG_CHUNKS = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sRGB sBIT bKGD hIST pHYs cICP acTL fcTL fdAT'.split(' '),
);

function endOfPng(bytes: Buffer): number | undefined {
  for (let at = PNG_SIGNATURE_BYTES; ; ) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (!PNG_CHUNKS.has(type)) return undefined;
    at += 12 + bytes.readUInt32BE(at); // length, type, checksum
    if (type === 'IEND') return at;
  }
}

const RIFF_HEADER_BYTES = 12;
const FRAME_HEADER_BYTES = 16;
const WEBP_CHUNKS = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);

function endOfWebp(bytes: Buffer): number | undefined {
  const end = 8 + bytes.readUInt32LE(4);
  return end <= bytes.length && areWebpChunks(bytes, RIFF_HEADER_BYTES, end) ? end : undefined;
}

function areWebpChunks(bytes: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    const type = bytes.toString('latin1', at, at + 4);
    if (!WEBP_CHUNKS.has(type)) return false;
    const length = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (type === 'ANMF' && !areWebpChunks(bytes, body + FRAME_HEADER_BYTES, body + length)) return false;
    at = body + length + (length % 2);
  }
  return at === end;
}

const GIF_SCREEN_BYTES = 13;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
const LOOPS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

function endOfGif(bytes: Buffer): number | undefined {
  for (let at = GIF_SCREEN_BYTES + colourTableBytes(bytes.readUInt8(10)); ; ) {
    const block = bytes.readUInt8(at);
    if (block === TRAILER) return at + 1;
    if (block === IMAGE) at = endOfBlocks(bytes, at + 11 + colourTableBytes(bytes.readUInt8(at + 9)));
    else if (block === EXTENSION) {
      const label = bytes.readUInt8(at + 1);
      const loops = label === APPLICATION && LOOPS.has(bytes.toString('latin1', at + 3, at + 14));
      if (label !== GRAPHIC_CONTROL && !loops) return undefined;
      at = endOfBlocks(bytes, at + 2);
    } else return undefined;
  }
}

const colourTableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

function endOfBlocks(bytes: Buffer, from: number): number {
  let at = from;
  for (let length = bytes.readUInt8(at); length > 0; length = bytes.readUInt8(at)) at += 1 + length;
  return at + 1;
}

const AVIF_BOXES = new Set(['ftyp', 'meta', 'mdat']);

/** What is an item inside of `meta` the decoder does tell of. */
function endOfAvif(bytes: Buffer): number | undefined {
  let at = 0;
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (length < 8 || !AVIF_BOXES.has(bytes.toString('latin1', at + 4, at + 8))) return undefined;
    at += length;
  }
  return at;
}
