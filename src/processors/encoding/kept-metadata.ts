import type { Sharp } from 'sharp';
import type { Copyright } from '../drawn.ts';

/** Characters of each field; what is longer is cut, for it would be repeated in every rendition. */
const MAX_CHARACTERS = 500;

/** libvips takes the last parentheses of a value for its own note of the type, and drops them. */
const EXIF_TAIL = ' (ASCII)';

/**
 * Writes who made the picture, and nothing else: Copyright and Artist of EXIF's IFD0, dc:rights and dc:creator of XMP.
 * EXIF is ASCII, where other letters become their nearest or `?`; XMP has them all.
 * Where neither is known the picture stays without metadata. GIF has no place for them.
 */
export function withCopyright(image: Sharp, { copyright, artist }: Copyright): Sharp {
  const rights = clean(copyright);
  const creator = clean(artist);
  if (!rights && !creator) return image;
  const ifd0 = {
    ...(rights && { Copyright: rights + EXIF_TAIL }),
    ...(creator && { Artist: creator + EXIF_TAIL }),
  };
  return image.withExif({ IFD0: ifd0 }).withXmp(xmp(rights, creator));
}

/** On one line, of characters that XML and EXIF can hold. */
function clean(text: string | undefined): string | undefined {
  const line = text
    ?.toWellFormed()
    .replace(/[\p{Cc}\uFFFE\uFFFF]+/gu, ' ')
    .trim();
  return line ? [...line].slice(0, MAX_CHARACTERS).join('') : undefined;
}

function xmp(rights: string | undefined, creator: string | undefined): string {
  const inner =
    (rights
      ? `<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">${escaped(rights)}</rdf:li></rdf:Alt></dc:rights>`
      : '') +
    (creator ? `<dc:creator><rdf:Seq><rdf:li>${escaped(creator)}</rdf:li></rdf:Seq></dc:creator>` : '');
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">${inner}</rdf:Description>` +
    '</rdf:RDF></x:xmpmeta>'
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
