import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { withFingerprint } from '../config/file/read-config.ts';
import { nearest } from '../config/nearest.ts';
import { type Pipeline, STANDARD_PIPELINE } from '../processors/index.ts';
import { pluginStep } from './plugin-step.ts';
import { UsageError } from './terminal.ts';

type Pipelines = readonly [Pipeline, ...Pipeline[]];

/**
 * The configured pipelines, else the standard one alone, the default one first; a plug-in is that one's first step. It
 * changes bytes, so the hash of its content becomes part of the fingerprint, and with it of the results' keys. Throws
 * UsageError when the module is missing.
 */
export function pipelinesOf(configured: Pipelines | undefined, plugin: string | undefined): Pipelines {
  const [first, ...others] = configured ?? [STANDARD_PIPELINE];
  if (plugin === undefined) return [first, ...others];
  const path = resolve(plugin);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(
      `the plug-in ${plugin} cannot be read (${error instanceof Error ? error.message : String(error)}). ` +
        'What to do: give the path of a module with `export default async (image, context) => …`, or of a program',
      { cause: error },
    );
  }
  return [withFingerprint({ ...first, steps: [pluginStep(path), ...first.steps] }), ...others];
}

/** The same with the named one as the default. Throws UsageError when there is none of that name. */
export function withDefault(pipelines: Pipelines, name: string): Pipelines {
  const chosen = pipelines.find((pipeline) => pipeline.name === name);
  if (chosen) return [chosen, ...pipelines.filter((pipeline) => pipeline !== chosen)];
  throw new UsageError(unknownPipeline(name, pipelines));
}

/** Says of a name that it is none of the pipelines, and which there are. */
export function unknownPipeline(name: string, pipelines: Pipelines): string {
  const names = pipelines.map((pipeline) => pipeline.name);
  const meant = nearest(name, names, 2);
  return `there is no pipeline "${name}"; ${meant ? `did you mean ${meant}?` : `known are ${names.join(', ')}`}`;
}
