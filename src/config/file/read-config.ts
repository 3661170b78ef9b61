import { dirname, resolve } from 'node:path';
import type { Pipeline } from '../../processors/pipeline.ts';
import type { Env, JudgedFile } from '../environment.ts';
import { nearest } from '../nearest.ts';
import { CONFIG_FILE, VARIABLES } from '../variables.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';
import { missingFiles, missingSecrets } from './named-files.ts';
import { type ConfigInput, configSchema } from './schema.ts';
import { readSource } from './source.ts';
import { toPipelines } from './to-pipelines.ts';

/** Workers are given all pipelines as one argument; Linux allows 128 KiB for one. */
const MAX_PIPELINES_BYTES = 96 * 1024;

/** A configuration file, read and judged. */
export interface ConfigFile extends JudgedFile {
  /** The default one first, each with its fingerprint; undefined where there are problems. */
  readonly pipelines: readonly [Pipeline, ...Pipeline[]] | undefined;
}

interface ReadOptions {
  /** Whether variables that the file names must be set: not where it is only looked at. */
  readonly withSecrets: boolean;
}

/** What DARKROOM_CONFIG names; undefined where it is not set, or no such file: then the environment's check says so. */
export async function configFileOf(env: Env, options: ReadOptions): Promise<ConfigFile | undefined> {
  const name = env[VARIABLES.configFile.name] ?? '';
  return CONFIG_FILE.test(name) ? readConfigFile(name, env, options) : undefined;
}

/** Finds every mistake of a file at once; never throws. */
async function readConfigFile(name: string, env: Env, { withSecrets }: ReadOptions): Promise<ConfigFile> {
  const source = await readSource(name);
  if (source.problems.length > 0) return { name, problems: source.problems, pipelines: undefined };
  const folder = dirname(resolve(name));
  const { value } = source;
  const mistakes = [
    ...mistakesIn(configSchema, value),
    ...defaultMistakes(value),
    ...missingFiles(value, folder),
    ...(withSecrets ? missingSecrets(value, env) : []),
  ];
  const problems = mistakes.map(({ path, atKey, text }) => `${name}${source.placeOf(path, atKey)}: ${text}`);
  if (problems.length > 0 || !isConfig(value)) return { name, problems, pipelines: undefined };
  try {
    const [first, ...others] = toPipelines(value, folder);
    const pipelines = [withFingerprint(first), ...others.map(withFingerprint)] as const;
    return { name, problems: tooLarge(name, pipelines), pipelines };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, problems: [`${name} names a file that cannot be read: ${why}`], pipelines: undefined };
  }
}

export function withFingerprint(pipeline: Pipeline): Pipeline {
  return { ...pipeline, fingerprint: fingerprintOf(pipeline) };
}

function isConfig(value: unknown): value is ConfigInput {
  return configSchema.safeParse(value).success;
}

/** Whether the default pipeline is one, and is named where there are several, whatever else is wrong. */
function defaultMistakes(config: unknown): Mistake[] {
  if (typeof config !== 'object' || config === null) return [];
  const { pipelines, defaultPipeline }: { pipelines?: unknown; defaultPipeline?: unknown } = config;
  if (typeof pipelines !== 'object' || pipelines === null) return [];
  const names = Object.keys(pipelines);
  const mistake = (text: string): Mistake[] => [{ path: ['defaultPipeline'], atKey: false, text }];
  const oneOf = `one of ${names.join(', ')}`;
  if (defaultPipeline === undefined) {
    return names.length > 1
      ? mistake(`defaultPipeline is missing; with several pipelines it must be ${oneOf}`)
      : [];
  }
  if (typeof defaultPipeline !== 'string' || names.includes(defaultPipeline) || names.length === 0) return [];
  const meant = nearest(defaultPipeline, names, 2);
  const hint = meant ? `; did you mean ${meant}?` : '';
  return mistake(`defaultPipeline must be ${oneOf}, got "${defaultPipeline}"${hint}`);
}

function tooLarge(name: string, pipelines: readonly Pipeline[]): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(pipelines));
  if (bytes <= MAX_PIPELINES_BYTES) return [];
  return [
    `${name}: pipelines must take at most ${MAX_PIPELINES_BYTES} bytes as JSON with all defaults (each worker process gets ` +
      `them as one argument, and Linux ends one at 128 KiB), got ${bytes}`,
  ];
}
