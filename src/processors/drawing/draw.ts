import type { Sharp } from 'sharp';
import type { Drawn } from '../drawn.ts';
import type { RenditionSpec } from '../pipeline.ts';
import type { RawImage } from '../steps/plug-in.ts';
import { cropOf } from './crop.ts';
import { mayMove } from './decode.ts';
import { type Framing, framingOf, placeAt, type Size, sameSize, type Window } from './geometry.ts';
import { guardScaled, guardSize } from './guard-size.ts';
import { overlaid } from './overlay.ts';
import { type Picture, still } from './picture.ts';
import { eachFrame, hasAlpha, open, openFrames, type Pixels, pixelsOf } from './pixels.ts';
import { withProfile } from './profile.ts';
import { turn } from './turn.ts';

/** `grayscale(1)` of CSS (Filter Effects, 9.6). sharp's own leaves one channel, where what is laid over may be in colour. */
const LUMA: [number, number, number] = [0.2126, 0.7152, 0.0722];

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
  guardSize(spec.name, padded(framing.box, spec.pad), frames);
  guardScaled(spec.name, framing.scaled);
  const crop = await cropOf(turned, framing, spec);
  const cut = (image: Sharp): Sharp => {
    const { scaled } = framing;
    const sized = sameSize(scaled, { width: info.width, height: info.pageHeight })
      ? image
      : image.resize(scaled.width, scaled.height, { fit: 'fill' });
    return crop ? sized.extract(crop) : sized;
  };
  const { timing, icc } = turned;
  const motion = frames > 1 && timing ? { frames, timing } : { frames };
  if (!margins && !hasEffects(spec) && !icc) {
    const { width, height } = crop ?? framing.scaled;
    return { image: () => cut(openFrames(turned.image)), width, height, ...channelsOf(info), ...motion };
  }
  const drawn = await eachFrame(turned.image, (frame) => finish(cut(open(frame)), spec, margins));
  const { width, pageHeight: height } = drawn.info;
  const image = icc ? await withProfile(drawn, icc) : () => openFrames(drawn);
  return { image, width, height, ownColours: icc !== undefined, ...channelsOf(drawn.info), ...motion };
}

function channelsOf(info: RawImage['info']): Pick<Drawn, 'hasAlpha' | 'isGrey'> {
  return { hasAlpha: hasAlpha(info), isGrey: info.channels <= 2 };
}

function hasEffects({ grayscale, blur, sharpen, watermark }: RenditionSpec): boolean {
  return Boolean(grayscale || blur || sharpen || watermark);
}

/** Frame by frame, as a blur over stacked frames would mix the end of one with the beginning of the next. */
async function finish(cut: Sharp, spec: RenditionSpec, margins: Margins | undefined): Promise<Pixels> {
  const { grayscale, blur, sharpen, watermark, background } = spec;
  if (grayscale) cut.recomb([LUMA, LUMA, LUMA]);
  if (blur) cut.blur(blur);
  if (sharpen) cut.sharpen({ sigma: sharpen });
  let pixels = await pixelsOf(cut);
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

/** What a box is with the pad of its rendition; a box of `contain` has its own margins inside. */
function padded({ width, height }: Size, pad: RenditionSpec['pad']): Size {
  if (!pad) return { width, height };
  return { width: width + pad.leftPx + pad.rightPx, height: height + pad.topPx + pad.bottomPx };
}
