import { reject } from '../refusal.ts';

/** XML whose markup is not plain ASCII could hide an element from a search. */
const ENCODING =
  /^\s*<\?xml[^>]*encoding\s*=\s*["'](?!(?:utf-8|us-ascii|ascii|iso-8859-\d+|windows-125\d)["'])/i;
/** Pictures within the drawing: each would be decoded beside the guard. */
const PICTURE = /<(?:[\w.-]+:)?(?:image|feImage)[\s/>]/i;
const STYLESHEET = /<\?xml-stylesheet|@import/i;
const INCLUDE = /<(?:[\w.-]+:)?include[\s/>]/i;
/** Entities multiply, name files, and could hide an element from a search. */
const ENTITY = /<!ENTITY|<!DOCTYPE[^>]*\[/i;

const SLASH = 0x2f;
/** 500,000 rectangles took librsvg 51 s and 0.9 GiB. */
const MAX_ELEMENTS = 20_000;

/**
 * Refuses what a drawing must not have: entities, pictures, style sheets and documents from elsewhere. librsvg fetches
 * nothing for bytes without an address either; this says so to the sender, and keeps `data:` pictures from being decoded
 * past the guard. Throws a Refusal.
 */
export function guardSvg(bytes: Buffer, maxSidePx: number): void {
  const text = bytes.toString('latin1');
  const side = Math.max(0, ...declaredSides(text));
  if (side > maxSidePx) {
    throw reject(
      'IMAGE_SIDE_TOO_LONG',
      `the drawing says ${side} of its side; at most ${maxSidePx} pixels are allowed: send a smaller one`,
    );
  }
  if (countElements(bytes) > MAX_ELEMENTS) {
    throw reject(
      'SVG_TOO_COMPLEX',
      `the drawing has more than ${MAX_ELEMENTS} elements, which is the most allowed: send it as pixels`,
    );
  }
  const held = [
    [ENCODING, 'an encoding other than UTF-8, ASCII, ISO 8859 or Windows'],
    [ENTITY, 'entities'],
    [PICTURE, 'a picture (image, feImage)'],
    [STYLESHEET, 'a style sheet from elsewhere'],
    [INCLUDE, 'a document from elsewhere (include)'],
  ] as const;
  const [, what] = held.find(([pattern]) => pattern.test(text)) ?? [];
  if (what)
    throw reject('SVG_NOT_SELF_CONTAINED', `the drawing has ${what}; send one that is all drawn by itself`);
}

/** Sides that the root names; libvips takes those that are no 32-bit number of pixels for 1. */
function declaredSides(text: string): number[] {
  const [, root = ''] = /<(?:[\w.-]+:)?svg\b([^>]*)/i.exec(text) ?? [];
  const [, box = ''] = /\sviewBox\s*=\s*["']([^"']*)/i.exec(root) ?? [];
  const sides = [...root.matchAll(/\s(?:width|height)\s*=\s*["']\s*([\d.e+]+)/gi)].map(([, side]) =>
    Number(side),
  );
  return [
    ...sides,
    ...box
      .trim()
      .split(/[\s,]+/)
      .slice(2)
      .map(Number),
  ].filter((side) => side >= 0);
}

function countElements(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('<'); at >= 0 && count <= MAX_ELEMENTS; at = bytes.indexOf('<', at + 1)) {
    if (bytes[at + 1] !== SLASH) count++;
  }
  return count;
}
