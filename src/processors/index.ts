export { checkWatermarks } from './drawing/watermark.ts';
export { perceptualDistance } from './facts/perceptual-hash.ts';
export { DECODABLE_FORMATS, type DecodableFormat } from './guard/decodable.ts';
export { DEFAULT_LIMITS, type Limits } from './guard/guard.ts';
export { identify } from './guard/identify.ts';
export { createDarkroom, type DarkroomOptions } from './isolation/isolation.ts';
export {
  type Pipeline,
  pipelineId,
  type RenditionSpec,
  STANDARD_PIPELINE,
} from './pipeline.ts';
export type { RemoteSteps } from './steps/outside-step.ts';
export { imagesAtOnce } from './steps/outside-steps.ts';
export type { PlugIn, PlugInAnswer, PlugInContext, RawImage } from './steps/plug-in.ts';
export type {
  CommandStep,
  HttpStep,
  LambdaStep,
  ModuleStep,
  Step,
  StepInput,
  StepLimits,
  StepReport,
} from './steps/step.ts';
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
