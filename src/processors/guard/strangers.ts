/** What is no image although somebody sent it as one. */
export interface Stranger {
  readonly kind: 'video' | 'document';
  /** With its article: "a PDF". */
  readonly name: string;
}

/** PDF may begin anywhere in here (ISO 32000-1, implementation note 13). */
const PDF_SEARCH_BYTES = 1024;
/** Less text than this may be anything. */
const MIN_TEXT_BYTES = 64;
const TEXT_SEARCH_BYTES = 4096;

/** Brands of the ISO base media file format that are stills: none of these is a video. */
const STILL_BRANDS = /^(avif|avis|hei[cxms]|hev[cx]|mif1|msf1|jp2 |jpx |jxl |crx )$/;

const SIGNATURES: readonly (readonly [
  kind: Stranger['kind'],
  name: string,
  offset: number,
  bytes: Buffer,
])[] = [
  ['video', 'a Matroska or WebM video', 0, Buffer.from([0x1a, 0x45, 0xdf, 0xa3])],
  ['video', 'an AVI video', 8, Buffer.from('AVI LIST')],
  ['video', 'a Windows Media video', 0, Buffer.from([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11])],
  ['video', 'a Flash video', 0, Buffer.from([0x46, 0x4c, 0x56, 0x01])],
  ['video', 'an MPEG video', 0, Buffer.from([0, 0, 1, 0xba])],
  ['video', 'an MPEG video', 0, Buffer.from([0, 0, 1, 0xb3])],
  ['video', 'an Ogg video', 0, Buffer.from('OggS')],
  ['video', 'a QuickTime video', 4, Buffer.from('moov')],
  ['video', 'a QuickTime video', 4, Buffer.from('mdat')],
  ['document', 'a ZIP archive or an office document', 0, Buffer.from([0x50, 0x4b, 0x03, 0x04])],
  ['document', 'a ZIP archive or an office document', 0, Buffer.from([0x50, 0x4b, 0x05, 0x06])],
  ['document', 'an office document', 0, Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
  ['document', 'a rich text document', 0, Buffer.from('{\\rtf')],
  ['document', 'a PostScript document', 0, Buffer.from('%!PS')],
  ['document', 'a gzip archive', 0, Buffer.from([0x1f, 0x8b, 0x08])],
];

/** Whether bytes of no known image format are a video or a document, so that the sender can be told. */
export function strangerKind(bytes: Buffer): Stranger | undefined {
  for (const [kind, name, offset, signature] of SIGNATURES) {
    const end = offset + signature.length;
    if (bytes.length >= end && bytes.compare(signature, 0, signature.length, offset, end) === 0) {
      return { kind, name };
    }
  }
  const head = bytes.toString('latin1', 0, TEXT_SEARCH_BYTES);
  if (head.slice(4, 8) === 'ftyp' && !STILL_BRANDS.test(head.slice(8, 12))) {
    return { kind: 'video', name: head.slice(8, 10) === 'qt' ? 'a QuickTime video' : 'an MP4 video' };
  }
  // Each packet of a transport stream begins with this byte.
  if (bytes.length > 376 && [0, 188, 376].every((at) => bytes[at] === 0x47)) {
    return { kind: 'video', name: 'an MPEG transport stream' };
  }
  if (head.slice(0, PDF_SEARCH_BYTES).includes('%PDF-')) return { kind: 'document', name: 'a PDF' };
  const text = head.replace(/^(\xef\xbb\xbf)?\s*/, '').toLowerCase();
  if (/^(<!doctype html|<html|<head|<body)/.test(text)) return { kind: 'document', name: 'an HTML page' };
  if (text.startsWith('<?xml')) return { kind: 'document', name: 'an XML document' };
  return isText(bytes) ? { kind: 'document', name: 'text' } : undefined;
}

function isText(bytes: Buffer): boolean {
  if (bytes.length < MIN_TEXT_BYTES) return false;
  // A character may be cut at the end of what is looked at.
  const text = bytes.toString('utf8', 0, TEXT_SEARCH_BYTES).replace(/\uFFFD$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them but white space
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\uFFFD]/.test(text);
}
