import sharp from 'sharp';
import type { RenditionSpec } from '../pipeline.ts';
import { type Framing, placeAt, sameSize, type Window, windowAround } from './geometry.ts';
import type { Picture } from './picture.ts';
import { framesOf, open, type Pixels, pixelsOf } from './pixels.ts';

/** The part of the scaled picture that fills the box, the same in all frames; undefined: all of it is shown. */
export async function cropOf(
  picture: Picture,
  framing: Framing,
  { fit, position }: RenditionSpec,
): Promise<Window | undefined> {
  const { scaled, box } = framing;
  if (fit !== 'cover' || sameSize(scaled, box)) return undefined;
  switch (position) {
    case 'focal':
      return windowAround(picture.focalPoint ?? { x: 0.5, y: 0.5 }, framing);
    case 'attention':
    case 'entropy': {
      const [first] = framesOf(picture.image);
      return first && chosen(first, framing, position);
    }
    default:
      return placeAt(position, scaled, box);
  }
}

/** The window that libvips finds, looked for in a picture no larger than the one at hand: enlarging shows it nothing new. */
async function chosen(
  frame: Pixels,
  { scaled, box }: Framing,
  strategy: 'attention' | 'entropy',
): Promise<Window> {
  const seen = {
    width: Math.min(scaled.width, frame.width),
    height: Math.min(scaled.height, frame.height),
  };
  const [across, down] = [scaled.width / seen.width, scaled.height / seen.height];
  const width = Math.max(1, Math.round(box.width / across));
  const height = Math.max(1, Math.round(box.height / down));
  const shown = sameSize(seen, frame)
    ? frame
    : await pixelsOf(open(frame).resize(seen.width, seen.height, { fit: 'fill' }));
  const { info } = await open(shown)
    .resize(width, height, { fit: 'cover', position: sharp.strategy[strategy] })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const along = (offset: number, scale: number, room: number) =>
    Math.min(room, Math.round(Math.abs(offset) * scale));
  return {
    ...box,
    left: along(info.cropOffsetLeft ?? 0, across, scaled.width - box.width),
    top: along(info.cropOffsetTop ?? 0, down, scaled.height - box.height),
  };
}
