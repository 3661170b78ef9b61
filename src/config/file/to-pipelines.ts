// From what people write to what the processors read: defaults filled in, paths absolute, units in numbers.
import { resolve } from 'node:path';
import {
  type Pipeline,
  type Quality,
  RENDITION_DEFAULTS,
  type RenditionSpec,
  type Watermark,
} from '../../processors/pipeline.ts';
import type { Step, StepLimits } from '../../processors/steps/step.ts';
import { parseDuration, parseSize } from '../units.ts';
import { WATERMARK_DEFAULTS } from './rendition-schema.ts';
import type { ConfigInput, PipelineInput, RenditionInput, StepInput } from './schema.ts';

/** A configuration's pipelines, the default one first. What was checked cannot fail. */
export function toPipelines(config: ConfigInput, folder: string): [Pipeline, ...Pipeline[]] {
  const pipelines = Object.entries(config.pipelines).map(([name, pipeline]) =>
    toPipeline(name, pipeline, folder),
  );
  const chosen = pipelines.find(({ name }) => name === config.defaultPipeline) ?? pipelines[0];
  if (!chosen) throw new Error('a configuration without pipelines passed its check');
  return [chosen, ...pipelines.filter((pipeline) => pipeline !== chosen)];
}

function toPipeline(
  name: string,
  { version, steps = [], renditions }: PipelineInput,
  folder: string,
): Pipeline {
  const named = Array.isArray(renditions)
    ? renditions
    : Object.entries(renditions).map(([name, rendition]) => ({ name, ...rendition }));
  return {
    name,
    version,
    steps: steps.map((step) => toStep(step, folder)),
    renditions: named.map(({ name, ...rendition }) => toRendition(name, rendition, folder)),
  };
}

function toStep({ timeout, memory, maxOutput, ...step }: StepInput, folder: string): Step {
  const limits: StepLimits = present({
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
    memoryBytes: memory === undefined ? undefined : bytesOf(memory),
    maxOutputBytes: maxOutput === undefined ? undefined : bytesOf(maxOutput),
  });
  const limited = Object.keys(limits).length === 0 ? {} : { limits };
  return 'path' in step ? { ...step, ...limited, path: resolve(folder, step.path) } : { ...step, ...limited };
}

function toRendition(name: string, rendition: RenditionInput, folder: string): RenditionSpec {
  const { width, height, quality, watermark, pad, ...same } = rendition;
  return present({
    ...RENDITION_DEFAULTS,
    ...present(same),
    name,
    widthPx: width,
    heightPx: height,
    quality: quality === undefined ? RENDITION_DEFAULTS.quality : toQuality(quality),
    watermark: watermark && toWatermark(watermark, folder),
    pad: pad && {
      topPx: pad.top ?? 0,
      rightPx: pad.right ?? 0,
      bottomPx: pad.bottom ?? 0,
      leftPx: pad.left ?? 0,
    },
  });
}

function toQuality(quality: NonNullable<RenditionInput['quality']>): Quality {
  return typeof quality === 'object' && 'maxBytes' in quality
    ? { maxBytes: bytesOf(quality.maxBytes) }
    : quality;
}

function toWatermark(given: NonNullable<RenditionInput['watermark']>, folder: string): Watermark {
  const { image, text = '', colour, font, margin: marginPx, ...place } = { ...WATERMARK_DEFAULTS, ...given };
  return {
    ...(image === undefined ? { text, colour, font } : { image: resolve(folder, image) }),
    ...place,
    marginPx,
  };
}

function bytesOf(size: number | string): number {
  const bytes = typeof size === 'number' ? size : parseSize(size);
  if (bytes === undefined) throw new Error(`${size} passed the check of sizes`);
  return bytes;
}

/** Without what is undefined. */
function present<T extends object>(values: T): T {
  const copy = { ...values };
  for (const key of Object.keys(copy) as (keyof T)[]) if (copy[key] === undefined) delete copy[key];
  return copy;
}
