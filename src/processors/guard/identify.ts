import type { ImageFormat } from '../types.ts';

/** An SVG may open with declarations and comments; its root is looked for in this many bytes. */
const SVG_SEARCH_BYTES = 16_384;

const AVIF_BRANDS = new Set(['avif', 'avis']);
const HEIF_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);

const SIGNATURES: readonly (readonly [format: ImageFormat, offset: number, bytes: Buffer])[] = [
  ['jpeg', 0, Buffer.from([0xff, 0xd8, 0xff])],
  ['png', 0, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['gif', 0, Buffer.from('GIF87a')],
  ['gif', 0, Buffer.from('GIF89a')],
  ['webp', 8, Buffer.from('WEBP')],
  ['tiff', 0, Buffer.from([0x49, 0x49, 0x2a, 0x00])],
  ['tiff', 0, Buffer.from([0x4d, 0x4d, 0x00, 0x2a])],
  ['tiff', 0, Buffer.from([0x49, 0x49, 0x2b, 0x00])],
  ['tiff', 0, Buffer.from([0x4d, 0x4d, 0x00, 0x2b])],
  ['jxl', 0, Buffer.from([0xff, 0x0a])],
  ['jxl', 0, Buffer.from([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20, 0x0d, 0x0a, 0x87, 0x0a])],
];

/**
 * The format that the bytes themselves show; names and headers are never asked. An animated PNG is `png`, an AVIF
 * sequence `avif`; a HEIF container of anything but AV1 is `heif`.
 */
export function identify(bytes: Buffer): ImageFormat {
  for (const [format, offset, signature] of SIGNATURES) {
    if (!startsWith(bytes, signature, offset)) continue;
    if (format === 'webp' && !startsWith(bytes, Buffer.from('RIFF'), 0)) continue;
    return format;
  }
  return isoBrand(bytes) ?? (isBmp(bytes) ? 'bmp' : isSvg(bytes) ? 'svg' : 'unknown');
}

function startsWith(bytes: Buffer, signature: Buffer, offset: number): boolean {
  return (
    bytes.length >= offset + signature.length &&
    bytes.compare(signature, 0, signature.length, offset, offset + signature.length) === 0
  );
}

/** AVIF and HEIC share one container (ISO/IEC 23008-12): the brands of its `ftyp` box tell them apart. */
function isoBrand(bytes: Buffer): ImageFormat | undefined {
  if (bytes.length < 16 || bytes.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 512);
  const brands = [bytes.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return 'avif';
  return brands.some((brand) => HEIF_BRANDS.has(brand)) ? 'heif' : undefined;
}

/** Two letters are a weak signature: the reserved field behind them must be zero, the header size a known one. */
function isBmp(bytes: Buffer): boolean {
  if (bytes.length < 26 || bytes.toString('latin1', 0, 2) !== 'BM') return false;
  return bytes.readUInt32LE(6) === 0 && [12, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14));
}

/** The root element, after a byte order mark, declarations, comments and a document type. */
function isSvg(bytes: Buffer): boolean {
  const text = bytes.toString('utf8', 0, Math.min(bytes.length, SVG_SEARCH_BYTES)).replace(/^\uFEFF/, '');
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    const close = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (close) {
      const end = text.indexOf(close, at);
      if (end < 0) return false;
      at = end + close.length;
    } else if (/^<!doctype\s+svg/i.test(text.slice(at, at + 20))) {
      return true;
    } else {
      return /^<(?:[\w.-]+:)?svg[\s/>]/i.test(text.slice(at, at + 80));
    }
  }
}
