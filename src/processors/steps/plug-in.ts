import { pathToFileURL } from 'node:url';
import { firstLine, Refusal } from '../refusal.ts';
import type { ImageFacts } from '../types.ts';
import { answerTooLarge, pluginRejection, stepFailed } from './answer.ts';
import { type ModuleStep, stepName } from './step.ts';

/**
 * A decoded picture: 8 bits a channel, sRGB, upright, rows from the top. The frames of an animation stand below each
 * other: `height` is all of them, `pageHeight` one.
 */
export interface RawImage {
  readonly data: Buffer;
  readonly info: {
    readonly width: number;
    readonly height: number;
    readonly pageHeight: number;
    readonly channels: 1 | 2 | 3 | 4;
  };
}

/** What a plug-in is told besides the picture. */
export interface PlugInContext {
  /** Of the image as it came, whatever steps before this one did to it. */
  readonly facts: ImageFacts;
  /** `standard@1`. */
  readonly pipeline: string;
  /**
   * Ends the image as rejected, with this sentence and PLUGIN_REJECTED, or PLUGIN_<code> for a code of capitals, digits and "_";
   * throwing anything else fails it.
   */
  refuse(reason: string, options?: { readonly code?: string }): never;
}

/** What a plug-in may answer besides a picture. */
export interface PlugInAnswer {
  /** Takes the picture's place; absent: it stays as it is. */
  readonly image?: RawImage | null;
  /** Further renditions by name: encoded images, or raw pixels, which become PNG. */
  readonly renditions?: Readonly<Record<string, Buffer | RawImage | undefined>>;
}

/** The default export of a plug-in's module; returning nothing leaves the picture as it is. */
export type PlugIn = (
  image: RawImage,
  context: PlugInContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is a plug-in too
) => Promise<RawImage | PlugInAnswer | undefined | null | void>;

/** Pixels of 50 megapixels with four channels, the most that may come in by default, and a quarter. */
const DEFAULT_MAX_RAW_BYTES = 256 * 1024 * 1024;

function isPlugIn(value: unknown): value is PlugIn {
  return typeof value === 'function';
}

/** Runs one step. Throws a Refusal: by the plug-in's own will, or PLUGIN_… for all else. */
export async function runModule(
  step: ModuleStep,
  image: RawImage,
  facts: ImageFacts,
  pipeline: string,
): Promise<PlugInAnswer> {
  const name = stepName(step);
  const refuse: PlugInContext['refuse'] = (reason, { code } = {}) => {
    throw pluginRejection(reason, code);
  };
  try {
    const loaded: { default?: unknown } = await import(pathToFileURL(step.path).href);
    if (!isPlugIn(loaded.default)) throw new Error('its default export is not a function');
    const answer = (await loaded.default(image, { facts, pipeline, refuse })) ?? {};
    if (typeof answer !== 'object')
      throw new Error(
        `it returned a ${typeof answer}; allowed are a picture, { image, renditions } or nothing`,
      );
    const { image: changed, renditions = {} } = 'data' in answer ? { image: answer } : answer;
    const maxBytes = step.limits?.maxOutputBytes ?? DEFAULT_MAX_RAW_BYTES;
    if (changed) checkRaw(changed, name, maxBytes);
    for (const picture of Object.values(renditions)) {
      if (Buffer.isBuffer(picture) && picture.length > maxBytes) throw answerTooLarge(name, maxBytes);
      if (picture && !Buffer.isBuffer(picture)) checkRaw(picture, name, maxBytes);
    }
    return { image: changed, renditions };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw stepFailed(name, firstLine(error), 'PLUGIN_FAILED', error);
  }
}

/** A plug-in need not be in TypeScript. */
function checkRaw({ data, info }: RawImage, name: string, maxBytes: number): void {
  if (!Buffer.isBuffer(data)) throw new Error('it returned a picture whose data is no Buffer');
  const { width, height, channels, pageHeight } = info;
  if (data.length > maxBytes) throw answerTooLarge(name, maxBytes);
  const counts = [width, height, pageHeight].every((count) => Number.isInteger(count) && count > 0);
  const fits = counts && data.length === width * height * channels && height % pageHeight === 0;
  if (!fits || ![1, 2, 3, 4].includes(channels)) {
    throw new Error(
      `it returned ${data.length} bytes for ${width} × ${height} × ${channels}, frames ${pageHeight} high`,
    );
  }
}
