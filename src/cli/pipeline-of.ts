import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { type Pipeline, STANDARD_PIPELINE } from '../processors/index.ts';
import { pluginStep } from './plugin-step.ts';
import { UsageError } from './terminal.ts';

/**
 * The standard pipeline, with a plug-in as its step if one is given. A plug-in changes bytes, so its name and the hash of its
 * content become part of the pipeline's name, and with it of the results' keys. Throws UsageError when the module is missing.
 */
export function pipelineOf(plugin: string | undefined): Pipeline {
  if (plugin === undefined) return STANDARD_PIPELINE;
  const path = resolve(plugin);
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new UsageError(
      `the plug-in ${plugin} cannot be read (${error instanceof Error ? error.message : String(error)}). ` +
        'What to do: give the path of a module with `export default async (image, context) => …`, or of a program',
      { cause: error },
    );
  }
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  const name = basename(path, extname(path)).replace(/[^A-Za-z0-9-]/g, '-');
  return {
    ...STANDARD_PIPELINE,
    name: `${STANDARD_PIPELINE.name}+${name}-${hash}`,
    steps: [pluginStep(path)],
  };
}
