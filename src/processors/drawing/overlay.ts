import type { Watermark } from '../pipeline.ts';
import { placeAt, type Size, type Window } from './geometry.ts';
import { hasAlpha, open, type Pixels, pixelsOf } from './pixels.ts';
import { watermarkOf } from './watermark.ts';

/** Lays the watermark over the picture; an opaque picture stays opaque. */
export async function overlaid(picture: Pixels, watermark: Watermark): Promise<Pixels> {
  const { position, scale, marginPx, tiled } = watermark;
  const longestPx = Math.max(1, Math.round(scale * Math.min(picture.width, picture.height)));
  const mark = await watermarkOf(watermark, longestPx);
  const place = placeAt(position, picture, { width: mark.width, height: mark.height }, marginPx);
  const over = tiled ? repeated(mark, place, marginPx, picture) : mark;
  const { data, width, height, channels } = over;
  const composed = open(picture).composite([
    {
      input: data,
      raw: { width, height, channels },
      limitInputPixels: false,
      ...(tiled ? { left: 0, top: 0 } : { left: place.left, top: place.top }),
    },
  ]);
  return pixelsOf(hasAlpha(picture) ? composed : composed.removeAlpha());
}

/** The mark where it stands and again in all directions, with gaps, over the whole of the picture. */
function repeated(mark: Pixels, place: Window, gapPx: number, { width, height }: Size): Pixels {
  const { data: from, channels } = mark;
  const data = Buffer.alloc(width * height * channels);
  const [across, down] = [mark.width + gapPx, mark.height + gapPx];
  const firstLeft = (place.left % across) - across;
  for (let y = 0; y < height; y++) {
    const row = (((y - place.top) % down) + down) % down;
    if (row >= mark.height) continue;
    for (let left = firstLeft; left < width; left += across) {
      const [cutLeft, cutRight] = [Math.max(0, -left), Math.min(mark.width, width - left)];
      if (cutLeft >= cutRight) continue;
      const start = row * mark.width;
      const to = (y * width + left + cutLeft) * channels;
      from.copy(data, to, (start + cutLeft) * channels, (start + cutRight) * channels);
    }
  }
  return { data, width, height, channels };
}
