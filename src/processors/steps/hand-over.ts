import sharp, { type Sharp } from 'sharp';
import { type Picture, still, timingOf } from '../drawing/picture.ts';
import { identify } from '../guard/identify.ts';
import type { Resumed } from '../isolation/stretch.ts';
import type { Pipeline } from '../pipeline.ts';
import type { ImageFacts } from '../types.ts';
import { blamed, guardAnswer, takeRenditions } from './extra-renditions.ts';
import type { RawImage } from './plug-in.ts';
import { replaced, type StepsContext } from './run-modules.ts';
import { isOutside, STEP_DEFAULTS, stepName } from './step.ts';

/** As good as what comes of it may be looked at; what is drawn of it is encoded again. */
const HANDED_QUALITY = 90;
/** Half of the time of the default 6; it travels once. */
const PNG_LEVEL = 3;

/** The picture as the step at `next` wants it. Nothing for one that takes the original. */
export async function handOver(
  picture: Picture,
  next: number,
  { steps }: Pipeline,
): Promise<{ readonly handed?: Buffer; readonly contentType?: string }> {
  const step = steps[next];
  if (!step || !isOutside(step)) throw new Error(`step ${next} does not run outside of the worker`);
  const input = step.input ?? STEP_DEFAULTS.input;
  if (input === 'original') return {};
  return { handed: await encode(picture, input).toBuffer(), contentType: `image/${input}` };
}

function encode(picture: Picture, input: 'png' | 'jpeg' | 'webp'): Sharp {
  if (input === 'webp' && picture.timing) {
    const { data, info } = picture.image;
    const frames = sharp(data, { raw: info, animated: true, limitInputPixels: false });
    return frames.webp({ quality: HANDED_QUALITY, effort: 2, ...picture.timing });
  }
  const { data, info } = still(picture).image;
  const { pageHeight: _, ...raw } = info;
  const frame = sharp(data, { raw, limitInputPixels: false });
  if (input === 'png') return frame.png({ compressionLevel: PNG_LEVEL });
  return input === 'webp'
    ? frame.webp({ quality: HANDED_QUALITY, effort: 2 })
    : frame.flatten({ background: '#ffffff' }).jpeg({ quality: HANDED_QUALITY });
}

type Decode = (bytes: Buffer, facts: ImageFacts) => Promise<RawImage>;

/** The picture after a step outside of the worker: what it answered, guarded again, else what it was handed. Throws a Refusal. */
export async function goOn(
  { at, pixels, image, renditions }: Resumed,
  context: StepsContext,
  decode: Decode,
): Promise<Picture> {
  const { info, ...rest } = at.picture;
  const before: Picture = { ...rest, image: { data: pixels, info } };
  const step = context.pipeline.steps[at.step];
  if (!step) throw new Error(`the pipeline has no step ${at.step}`);
  const name = stepName(step);
  context.extra.push(...(await takeRenditions(name, renditions, context)));
  if (!image) return before;
  const header = await guardAnswer(name, image, context.limits);
  const { width, height } = header.autoOrient;
  const frames = header.pages ?? 1;
  const { orientation } = header;
  const answered = {
    ...at.facts,
    format: identify(image),
    bytes: image.length,
    width,
    height,
    frames,
    orientation,
  };
  try {
    const decoded = await decode(image, { ...answered, hasAlpha: header.hasAlpha });
    const moves = decoded.info.height > decoded.info.pageHeight;
    const after = replaced(before, {
      image: decoded,
      timing: moves ? timingOf(header) : undefined,
    });
    // Decoding has made it fit the largest rendition already; sizes follow from the answer's own.
    return after.original === before.original ? after : { ...after, original: { width, height } };
  } catch (error) {
    throw blamed(name, error);
  }
}
