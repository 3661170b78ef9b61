/** The company's own code as a step, between decoding and the renditions: `export default async (image, context) => …`. */
export interface ModuleStep {
  readonly step: 'module';
  /** Absolute path of an ES module (.js, .mjs, .ts) on the machine of the workers. */
  readonly path: string;
}

/**
 * A derived picture: the image fit inside the box, never enlarged. Opaque stills become JPEG, pictures with transparency
 * or several frames WebP.
 */
export interface RenditionSpec {
  readonly name: string;
  readonly maxWidthPx: number;
  readonly maxHeightPx: number;
  /** 1 to 100, on either encoder's scale. */
  readonly quality: number;
}

/**
 * What is done with an image, as data. A change that changes bytes is a new version: the results' keys hold
 * `name@version`.
 */
export interface Pipeline {
  readonly name: string;
  readonly version: number;
  readonly steps: readonly ModuleStep[];
  readonly renditions: readonly RenditionSpec[];
}

/** `standard@1`, as it stands in events and keys. */
export function pipelineId(pipeline: Pipeline): string {
  return `${pipeline.name}@${pipeline.version}`;
}

export const STANDARD_PIPELINE: Pipeline = {
  name: 'standard',
  version: 1,
  steps: [],
  renditions: [
    { name: 'large', maxWidthPx: 1024, maxHeightPx: 1024, quality: 80 },
    { name: 'medium', maxWidthPx: 512, maxHeightPx: 512, quality: 80 },
    { name: 'thumb', maxWidthPx: 256, maxHeightPx: 256, quality: 80 },
  ],
};
