import type { Sharp } from 'sharp';
import type { Drawn } from '../drawn.ts';
import type { RenditionSpec } from '../pipeline.ts';
import type { RawImage } from '../plug-in.ts';
import { reject } from '../refusal.ts';
import { cropOf } from './crop.ts';
import { mayMove } from './decode.ts';
import { type Framing, framingOf, placeAt, type Size, sameSize, type Window } from './geometry.ts';
import { overlaid } from './overlay.ts';
import { type Picture, still } from './picture.ts';
import { eachFrame, hasAlpha, open, openFrames, type Pixels, pixelsOf } from './pixels.ts';
import { turn } from './turn.ts';

/** No format holds longer sides. */
const MAX_SIDE_PX = 65_535;
/** Over all frames; libvips' own limit of what it reads. */
const MAX_PIXELS = 0x3fff ** 2;

type Margins = Readonly<Record<'top' | 'right' | 'bottom' | 'left', number>>;

/**
 * Makes the picture of one rendition out of the decoded image: trimmed, turned, mirrored, brought into its box, grey, blurred,
 * sharpened, padded, marked, in this order. A picture that is only scaled and cropped is a pipeline over the decoded
 * pixels; anything more is worked out once, so that encoding it twice does not draw it twice. Throws a Refusal.
 */
export async function draw(picture: Picture, spec: RenditionSpec): Promise<Drawn> {
  const turned = await turn(mayMove(spec) ? picture : still(picture), spec);
  const framing = framingOf(turned.original, spec);
  const margins = marginsOf(framing, spec);
  const { info } = turned.image;
  const frames = info.height / info.pageHeight;
  guardSize(framing, margins, frames, spec);
  const crop = await cropOf(turned, framing, spec);
  const cut = (image: Sharp): Sharp => {
    const { scaled } = framing;
    const sized = sameSize(scaled, { width: info.width, height: info.pageHeight })
      ? image
      : image.resize(scaled.width, scaled.height, { fit: 'fill' });
    return crop ? sized.extract(crop) : sized;
  };
  const { timing, icc } = turned;
  const rest = { frames, ...(frames > 1 && timing && { timing }), ...(icc && { icc }) };
  if (!margins && !hasEffects(spec)) {
    const { width, height } = crop ?? framing.scaled;
    return { image: () => cut(openFrames(turned.image)), width, height, hasAlpha: hasAlpha(info), ...rest };
  }
  const drawn = await eachFrame(turned.image, (frame) => finish(cut(open(frame)), spec, margins));
  return { ...asDrawn(drawn), ...rest };
}

function asDrawn(image: RawImage): Omit<Drawn, 'frames'> {
  const { width, pageHeight: height } = image.info;
  return { image: () => openFrames(image), width, height, hasAlpha: hasAlpha(image.info) };
}

function hasEffects({ grayscale, blur, sharpen, watermark }: RenditionSpec): boolean {
  return Boolean(grayscale || blur || sharpen || watermark);
}

/** Frame by frame, as a blur over stacked frames would mix the end of one with the beginning of the next. */
async function finish(cut: Sharp, spec: RenditionSpec, margins: Margins | undefined): Promise<Pixels> {
  const { grayscale, blur, sharpen, watermark, background } = spec;
  if (grayscale) cut.greyscale();
  if (blur) cut.blur(blur);
  if (sharpen) cut.sharpen({ sigma: sharpen });
  let pixels = await pixelsOf(cut);
  // What is put around or over a grey picture may be in colour.
  if (grayscale) pixels = await pixelsOf(open(pixels));
  if (margins) pixels = await pixelsOf(open(pixels).extend({ ...margins, background }));
  return watermark ? overlaid(pixels, watermark) : pixels;
}

/** Background around the picture: of a box that it does not fill, and of the pad. */
function marginsOf({ scaled, box }: Framing, spec: RenditionSpec): Margins | undefined {
  const { fit, pad, position } = spec;
  const gravity =
    position === 'attention' || position === 'entropy' || position === 'focal' ? 'centre' : position;
  const place: Window = fit === 'contain' ? placeAt(gravity, box, scaled) : { ...box, left: 0, top: 0 };
  const margins = {
    top: place.top + (pad?.topPx ?? 0),
    left: place.left + (pad?.leftPx ?? 0),
    bottom: box.height - place.height - place.top + (pad?.bottomPx ?? 0),
    right: box.width - place.width - place.left + (pad?.rightPx ?? 0),
  };
  return Object.values(margins).some((margin) => margin > 0) ? margins : undefined;
}

/** A thin picture made large would take all memory before an encoder could refuse it. */
function guardSize(
  { box }: Framing,
  margins: Margins | undefined,
  frames: number,
  { name }: RenditionSpec,
): void {
  const { top, right, bottom, left } = margins ?? { top: 0, right: 0, bottom: 0, left: 0 };
  const size: Size = margins ? { width: box.width + left + right, height: box.height + top + bottom } : box;
  const { width, height } = size;
  if (width <= MAX_SIDE_PX && height <= MAX_SIDE_PX && width * height * frames <= MAX_PIXELS) return;
  throw reject(
    'RENDITION_TOO_LARGE',
    `the rendition ${name} would have ${width} × ${height} × ${frames} pixels; a side has at most ${MAX_SIDE_PX}, all frames ` +
      `${MAX_PIXELS}: give it a box with both sides, or none that enlarges`,
  );
}
