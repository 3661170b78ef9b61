import { relative } from 'node:path';
import { pipelinesConfig } from '../config/compile.ts';
import { configFileOf } from '../config/file/read-config.ts';
import { formatDuration, formatSize } from '../config/units.ts';
import { type Pipeline, pipelineId, type RenditionSpec, type Step } from '../processors/index.ts';
import { type PipelinesOptions, withConfig } from './options.ts';
import { pipelinesOf } from './pipeline-of.ts';
import type { Terminal } from './terminal.ts';

/** Prints the pipelines as the service would run them. Throws ConfigError with every mistake. */
export async function printPipelines(options: PipelinesOptions, terminal: Terminal): Promise<void> {
  const env = withConfig(terminal.env, options.config);
  const config = pipelinesConfig(env, await configFileOf(env, { withSecrets: false }));
  const pipelines = pipelinesOf(config.pipelines, config.plugin);
  if (options.json) terminal.out(`${JSON.stringify(pipelines, null, 2)}\n`);
  else terminal.out(pipelines.map((pipeline, index) => textOf(pipeline, index === 0)).join('\n'));
}

function textOf(pipeline: Pipeline, isDefault: boolean): string {
  const title = [
    pipelineId(pipeline),
    isDefault && 'the default',
    pipeline.fingerprint && `fingerprint ${pipeline.fingerprint}`,
  ];
  const rows = [
    ...pipeline.steps.map((step, index) => [`step ${index + 1}`, stepText(step)] as const),
    ...pipeline.renditions.map((rendition) => [rendition.name, renditionText(rendition)] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${title.filter(Boolean).join('  ')}\n${rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('')}`;
}

function stepText(step: Step): string {
  const what =
    step.step === 'http'
      ? new URL(step.url).origin + new URL(step.url).pathname
      : step.step === 'lambda'
        ? step.functionName
        : [relative('', step.path), ...('args' in step ? (step.args ?? []) : [])].join(' ');
  const { timeoutMs, memoryBytes, maxOutputBytes } = step.limits ?? {};
  const limits = [
    timeoutMs !== undefined && `at most ${formatDuration(timeoutMs)}`,
    memoryBytes !== undefined && `${formatSize(memoryBytes)} of memory`,
    maxOutputBytes !== undefined && `an answer of ${formatSize(maxOutputBytes)}`,
  ];
  return [`${step.step} ${what}`, ...limits.filter(Boolean)].join(', ');
}

function renditionText({
  name: _,
  widthPx,
  heightPx,
  fit,
  position,
  format,
  quality,
  ...rest
}: RenditionSpec): string {
  const box =
    widthPx === undefined && heightPx === undefined
      ? 'its own size'
      : `${widthPx ?? '…'}×${heightPx ?? '…'} ${fit}`;
  const { background, frames, enlarge, watermark, pad, trim, ...others } = rest;
  const said = [
    fit === 'cover' || fit === 'contain' ? `${box} ${position}` : box,
    enlarge && 'enlarged',
    format,
    typeof quality === 'number'
      ? `quality ${quality}`
      : 'maxBytes' in quality
        ? `at most ${formatSize(quality.maxBytes)}`
        : `similarity ${quality.similarity}`,
    trim && `trimmed within ${trim.threshold}`,
    pad && `padded ${pad.topPx} ${pad.rightPx} ${pad.bottomPx} ${pad.leftPx}`,
    watermark &&
      ('image' in watermark ? `watermark ${relative('', watermark.image)}` : `watermark "${watermark.text}"`),
    frames === 'first' && 'first frame',
    `on ${background}`,
    ...Object.entries(others).map(
      ([option, value]) => value !== false && (value === true ? option : `${option} ${value}`),
    ),
  ];
  return said.filter(Boolean).join(', ');
}
