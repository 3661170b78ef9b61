import type { Gravity, RenditionSpec } from '../pipeline.ts';
import type { FocalPoint } from '../types.ts';

/** Pixels of one frame. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of a picture, from its left upper corner. */
export interface Window extends Size {
  readonly left: number;
  readonly top: number;
}

/** How a picture gets into its box: the size of all of it, and of the box. Either may be the larger. */
export interface Framing {
  readonly scaled: Size;
  readonly box: Size;
}

export function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

export function scaledBy({ width, height }: Size, share: number): Size {
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

/** The size that fits inside the box with the same proportions, at least one pixel; made larger only when asked. */
export function fitInside(size: Size, maxWidth = Infinity, maxHeight = Infinity, enlarge = false): Size {
  const share = Math.min(maxWidth / size.width, maxHeight / size.height);
  return scaledBy(size, share === Infinity || !enlarge ? Math.min(1, share) : share);
}

/**
 * What a rendition makes of a picture of that size, its pad aside. Without `enlarge` a side of the box that is longer than
 * the picture's counts as long as that; the box of `contain` stays as it is and shows more background.
 */
export function framingOf(size: Size, spec: RenditionSpec): Framing {
  const { widthPx, heightPx, fit, enlarge } = spec;
  if (fit === 'inside' || widthPx === undefined || heightPx === undefined) {
    const scaled = fitInside(size, widthPx, heightPx, enlarge);
    return { scaled, box: scaled };
  }
  if (fit === 'contain') {
    return {
      scaled: fitInside(size, widthPx, heightPx, enlarge),
      box: { width: widthPx, height: heightPx },
    };
  }
  const box = enlarge
    ? { width: widthPx, height: heightPx }
    : { width: Math.min(widthPx, size.width), height: Math.min(heightPx, size.height) };
  if (fit === 'fill') return { scaled: box, box };
  const share = Math.max(widthPx / size.width, heightPx / size.height);
  const scaled = scaledBy(size, enlarge ? share : Math.min(1, share));
  return {
    scaled,
    box: { width: Math.min(box.width, scaled.width), height: Math.min(box.height, scaled.height) },
  };
}

/** From 0 (left, top) to 1 (right, bottom). */
const GRAVITY_SHARES: Readonly<Record<Gravity, FocalPoint>> = {
  northwest: { x: 0, y: 0 },
  north: { x: 0.5, y: 0 },
  northeast: { x: 1, y: 0 },
  west: { x: 0, y: 0.5 },
  centre: { x: 0.5, y: 0.5 },
  east: { x: 1, y: 0.5 },
  southwest: { x: 0, y: 1 },
  south: { x: 0.5, y: 1 },
  southeast: { x: 1, y: 1 },
};

/** Where something of the size `inner` stands in `outer`, so many pixels from the edges that it leans on; never negative. */
export function placeAt(gravity: Gravity, outer: Size, inner: Size, marginPx = 0): Window {
  const { x, y } = GRAVITY_SHARES[gravity];
  const along = (share: number, outside: number, inside: number) => {
    const room = Math.max(0, outside - inside);
    return Math.min(room, Math.max(0, marginPx + Math.floor((room - 2 * marginPx) * share)));
  };
  return {
    ...inner,
    left: along(x, outer.width, inner.width),
    top: along(y, outer.height, inner.height),
  };
}

/** The window that has the point as near its middle as the picture allows. */
export function windowAround(point: FocalPoint, { scaled, box }: Framing): Window {
  const along = (share: number, outside: number, inside: number) =>
    Math.min(outside - inside, Math.max(0, Math.round(share * outside - inside / 2)));
  return {
    ...box,
    left: along(point.x, scaled.width, box.width),
    top: along(point.y, scaled.height, box.height),
  };
}

/** The size of the upright rectangle around a picture turned by so many degrees. */
export function turnedSize({ width, height }: Size, degrees: number): Size {
  if (degrees % 180 === 0) return { width, height };
  if (degrees % 90 === 0) return { width: height, height: width };
  const { cos, sin } = circle(degrees);
  return {
    width: Math.round(width * Math.abs(cos) + height * Math.abs(sin)),
    height: Math.round(width * Math.abs(sin) + height * Math.abs(cos)),
  };
}

/** Where a point of a picture is when that is turned clockwise; `turned` is the size afterwards. */
export function turnedPoint(point: FocalPoint, size: Size, turned: Size, degrees: number): FocalPoint {
  const { cos, sin } = circle(degrees);
  const [x, y] = [(point.x - 0.5) * size.width, (point.y - 0.5) * size.height];
  return { x: 0.5 + (x * cos - y * sin) / turned.width, y: 0.5 + (x * sin + y * cos) / turned.height };
}

function circle(degrees: number): { cos: number; sin: number } {
  const radians = (degrees * Math.PI) / 180;
  return { cos: Math.cos(radians), sin: Math.sin(radians) };
}
