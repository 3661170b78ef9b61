import sharp, { type Metadata, type Sharp } from 'sharp';
import { guardBytes, guardFormat, guardHeader, type Limits } from '../guard/guard.ts';
import { identify } from '../guard/identify.ts';
import { guardSvg } from '../guard/svg-guard.ts';
import type { Pipeline } from '../pipeline.ts';
import { firstLine, Refusal } from '../refusal.ts';
import { RENDITION_FORMATS, type Rendition, type RenditionFormat } from '../types.ts';
import { type ExtraRendition, stepFailed } from './answer.ts';
import { isPictureAlone } from './picture-alone.ts';

/** As the names of a pipeline's renditions: part of the object's key. */
const NAME = /^[a-z0-9-]{1,40}$/;
const MAX_RENDITIONS = 16;

/** Formats in which steps may answer, whatever formats customers may send: all that the decoder on board reads and writes. */
const ANSWER_FORMATS = ['png', 'jpeg', 'webp'] as const;

/** The limits of what a step answers: those of the image, in more formats. */
export function answerLimits(limits: Limits): Limits {
  return { ...limits, formats: [...new Set([...limits.formats, ...ANSWER_FORMATS])] };
}

interface Among {
  readonly limits: Limits;
  readonly pipeline: Pipeline;
  readonly extra: readonly Rendition[];
  readonly taken: readonly string[];
}

/** Guards what a step answered as an image, as if a stranger had sent it. Throws a Refusal that blames the step. */
export async function guardAnswer(step: string, bytes: Buffer, limits: Limits): Promise<Metadata> {
  const allowed = answerLimits(limits);
  try {
    guardBytes(bytes.length, allowed);
    const format = guardFormat(bytes, identify(bytes), allowed);
    if (format === 'svg') guardSvg(bytes, allowed.maxSidePx);
    const header = await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
    guardHeader(bytes, format, header, allowed);
    return header;
  } catch (error) {
    throw blamed(step, error);
  }
}

/** The same refusal as a failure of the step: what it answers is not the image's fault. */
export function blamed(step: string, error: unknown): Refusal {
  const code =
    error instanceof Refusal && /^IMAGE_TOO_/.test(error.code) ? 'PLUGIN_OUTPUT_TOO_LARGE' : 'PLUGIN_FAILED';
  return stepFailed(step, `its answer cannot be taken: ${firstLine(error)}`, code, error);
}

/**
 * Takes a step's own renditions: named as renditions are, decoded once to know that they are whole, and as they are unless they
 * carry more than a picture, which is left out. Throws a Refusal.
 */
export async function takeRenditions(
  step: string,
  renditions: readonly ExtraRendition[],
  { limits, pipeline, extra, taken: before }: Among,
): Promise<Rendition[]> {
  if (extra.length + before.length + renditions.length > MAX_RENDITIONS) {
    throw stepFailed(step, `it made more than ${MAX_RENDITIONS} renditions`);
  }
  const taken = new Set([...before, ...[...pipeline.renditions, ...extra].map(({ name }) => name)]);
  const made: Rendition[] = [];
  for (const { name, body } of renditions) {
    if (!NAME.test(name)) {
      throw stepFailed(
        step,
        `its rendition ${JSON.stringify(firstLine(name))} is not named by a-z, 0-9 and "-"`,
      );
    }
    if (taken.has(name)) throw stepFailed(step, `its rendition ${name} has the name of another`);
    taken.add(name);
    made.push(await takeOne(step, name, body, limits));
  }
  return made;
}

async function takeOne(step: string, name: string, body: Buffer, limits: Limits): Promise<Rendition> {
  const header = await guardAnswer(step, body, limits);
  const seen = identify(body);
  const format = RENDITION_FORMATS.find((one) => one === seen);
  if (!format) {
    throw stepFailed(step, `its rendition ${name} is ${seen}; allowed are ${RENDITION_FORMATS.join(', ')}`);
  }
  const described = header.exif ?? header.xmp ?? header.iptc ?? header.comments;
  const alone = !described && isPictureAlone(body, format);
  const animated = (format === 'gif' || format === 'webp') && (header.pages ?? 1) > 1;
  if (animated && (header.orientation ?? 1) > 1)
    throw stepFailed(step, `its rendition ${name} is an animation that is stored turned; let it be upright`);
  const image = sharp(body, { failOn: 'error', limitInputPixels: false, animated }).autoOrient();
  try {
    const clean = alone ? undefined : await withoutMetadata(image, format);
    if (!clean) await image.raw().toBuffer();
    const { width, height } = header.autoOrient;
    const extension = format === 'jpeg' ? 'jpg' : format;
    return {
      name,
      format,
      extension,
      contentType: `image/${format}`,
      width,
      height,
      body: clean ?? body,
    };
  } catch (error) {
    throw blamed(step, error);
  }
}

/** sharp writes no metadata unless asked to: location goes, and so does all else. */
function withoutMetadata(image: Sharp, format: RenditionFormat): Promise<Buffer> {
  return (
    format === 'png' || format === 'gif' ? image.toFormat(format) : image.toFormat(format, { quality: 90 })
  ).toBuffer();
}
