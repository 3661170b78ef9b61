import type { ImagePolicy } from '../../../src/serdes/image-policy.generated.ts';

/** A customer's policy that asks for nothing. */
export const NO_POLICY: ImagePolicy = {
  version: 1,
  formats: null,
  maxBytes: null,
  maxPixels: null,
  maxFrames: null,
  maxSidePx: null,
  maxRatio: null,
  maxDecoderBytes: null,
  pipeline: null,
  renditionFormats: null,
  camera: null,
  updatedAt: 1,
};
