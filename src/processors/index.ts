export { checkWatermarks } from './drawing/watermark.ts';
export { DECODABLE_FORMATS, DEFAULT_LIMITS, type DecodableFormat, type Limits } from './guard.ts';
export { identify } from './identify.ts';
export { createDarkroom, type DarkroomOptions } from './isolation.ts';
export { perceptualDistance } from './perceptual-hash.ts';
export {
  type ModuleStep,
  type Pipeline,
  pipelineId,
  type RenditionSpec,
  STANDARD_PIPELINE,
} from './pipeline.ts';
export type { PlugIn, PlugInContext, RawImage } from './plug-in.ts';
export type {
  Camera,
  Darkroom,
  Developed,
  ImageFacts,
  ImageFormat,
  Look,
  Refused,
  Rendition,
} from './types.ts';
