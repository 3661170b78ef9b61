import type { RenditionSpec } from '../pipeline.ts';
import type { FocalPoint } from '../types.ts';
import { type Size, sameSize, turnedPoint, turnedSize, type Window } from './geometry.ts';
import { guardSize } from './guard-size.ts';
import type { Picture } from './picture.ts';
import { eachFrame, framesOf, open, type Pixels, pixelsOf } from './pixels.ts';

/** libvips looks for edges in pictures of at least this many pixels a side. */
const TRIMMABLE_PX = 3;

/** What is done before framing: trimmed, then turned, then mirrored. The focal point stays on what it was on. */
export async function turn(picture: Picture, spec: RenditionSpec): Promise<Picture> {
  const trimmed = spec.trim ? await trim(picture, spec.trim.threshold) : picture;
  const turned = spec.rotate ? await rotate(trimmed, spec.rotate, spec) : trimmed;
  return spec.flip || spec.flop ? mirror(turned, spec) : turned;
}

/** All frames lose the same: what is alike in each of them. */
async function trim(picture: Picture, threshold: number): Promise<Picture> {
  const { width, pageHeight } = picture.image.info;
  if (width < TRIMMABLE_PX || pageHeight < TRIMMABLE_PX) return picture;
  const edges = { left: width, top: pageHeight, right: 0, bottom: 0 };
  for (const frame of framesOf(picture.image)) {
    if (isPlain(frame, threshold)) continue;
    const kept = await contentOf(frame, threshold);
    edges.left = Math.min(edges.left, kept.left);
    edges.top = Math.min(edges.top, kept.top);
    edges.right = Math.max(edges.right, kept.left + kept.width);
    edges.bottom = Math.max(edges.bottom, kept.top + kept.height);
  }
  if (edges.right === 0) return picture;
  const { left, top } = edges;
  const window = { left, top, width: edges.right - left, height: edges.bottom - top };
  if (sameSize(window, { width, height: pageHeight })) return picture;
  const image = await eachFrame(picture.image, (frame) => pixelsOf(open(frame).extract(window)));
  const inWindow = (point: FocalPoint): FocalPoint => ({
    x: within((point.x * width - left) / window.width),
    y: within((point.y * pageHeight - top) / window.height),
  });
  return { ...picture, image, original: window, focalPoint: moved(picture.focalPoint, inWindow) };
}

/** Has no content: libvips would give all of it back. */
function isPlain({ data, channels }: Pixels, threshold: number): boolean {
  return data.every((level, at) => Math.abs(level - (data[at % channels] ?? 0)) <= threshold);
}

async function contentOf(frame: Pixels, threshold: number): Promise<Window> {
  const { info } = await open(frame).trim({ threshold }).raw().toBuffer({ resolveWithObject: true });
  const { width, height, trimOffsetLeft = 0, trimOffsetTop = 0 } = info;
  return { left: Math.abs(trimOffsetLeft), top: Math.abs(trimOffsetTop), width, height };
}

async function rotate(
  picture: Picture,
  degrees: number,
  { name, background }: RenditionSpec,
): Promise<Picture> {
  const { width, height, pageHeight } = picture.image.info;
  const before: Size = { width, height: pageHeight };
  guardSize(name, turnedSize(before, degrees), height / pageHeight);
  const image = await eachFrame(picture.image, async (frame) => {
    // The corners of a grey picture are in colour.
    const inColour = frame.channels < 3 ? await pixelsOf(open(frame)) : frame;
    return pixelsOf(open(inColour).rotate(degrees, { background }));
  });
  const after = { width: image.info.width, height: image.info.pageHeight };
  // libvips rounds its own way: a picture that was not scaled must not be because of that.
  const inFull = sameSize(picture.original, before);
  const original: Size = inFull ? after : turnedSize(picture.original, degrees);
  const focalPoint = moved(picture.focalPoint, (point) => turnedPoint(point, before, after, degrees));
  return { ...picture, image, original, focalPoint };
}

async function mirror(picture: Picture, { flip = false, flop = false }: RenditionSpec): Promise<Picture> {
  const image = await eachFrame(picture.image, (frame) => pixelsOf(open(frame).flip(flip).flop(flop)));
  const focalPoint = moved(picture.focalPoint, ({ x, y }) => ({ x: flop ? 1 - x : x, y: flip ? 1 - y : y }));
  return { ...picture, image, focalPoint };
}

function moved(
  point: FocalPoint | undefined,
  how: (point: FocalPoint) => FocalPoint,
): FocalPoint | undefined {
  return point && how(point);
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}
