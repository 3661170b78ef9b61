import { pathToFileURL } from 'node:url';
import { firstLine, Refusal, reject } from './refusal.ts';
import type { ModuleStep } from './step.ts';
import type { ImageFacts } from './types.ts';

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
  readonly facts: ImageFacts;
  /** `standard@1`. */
  readonly pipeline: string;
  /** Ends the image as rejected, with PLUGIN_REJECTED and this sentence; throwing anything else fails it. */
  refuse(reason: string): never;
}

/** The default export of a plug-in's module; returning nothing leaves the picture as it is. */
export type PlugIn = (image: RawImage, context: PlugInContext) => Promise<RawImage | undefined | null>;

function isPlugIn(value: unknown): value is PlugIn {
  return typeof value === 'function';
}

/** Runs one step. Throws a Refusal: PLUGIN_REJECTED by the plug-in's own will, PLUGIN_FAILED for all else. */
export async function runModule(
  step: ModuleStep,
  image: RawImage,
  facts: ImageFacts,
  pipeline: string,
): Promise<RawImage> {
  try {
    const loaded: { default?: unknown } = await import(pathToFileURL(step.path).href);
    if (!isPlugIn(loaded.default)) throw new Error('its default export is not a function');
    const refuse = (reason: string): never => {
      throw reject('PLUGIN_REJECTED', firstLine(reason));
    };
    const result = (await loaded.default(image, { facts, pipeline, refuse })) ?? image;
    const { width, height, channels, pageHeight } = result.info;
    if (result.data.length !== width * height * channels || height % pageHeight !== 0) {
      throw new Error(
        `it returned ${result.data.length} bytes for ${width} × ${height} × ${channels}, frames ${pageHeight} high`,
      );
    }
    return result;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('failed', 'PLUGIN_FAILED', `the plug-in ${step.path} failed: ${firstLine(error)}`, {
      cause: error,
    });
  }
}
