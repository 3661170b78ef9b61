// Files and variables that a configuration names: looked for at start, so that no image is the first to miss them.
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Env } from '../environment.ts';
import { type Mistake, told } from './mistakes.ts';

type Path = readonly PropertyKey[];

/** What is wrong with the files of steps and watermarks, whatever else is wrong with the configuration. */
export function missingFiles(config: unknown, folder: string): Mistake[] {
  return pipelinesIn(config).flatMap(([place, pipeline]) => [
    ...membersOf(pipeline, 'steps').flatMap(([key, step]) => {
      const path = [...place, 'steps', key, 'path'];
      const kind = Reflect.get(step, 'step');
      const what = kind === 'module' ? 'an ES module' : kind === 'command' ? 'an executable file' : undefined;
      return what === undefined ? [] : missing(path, Reflect.get(step, 'path'), what, folder);
    }),
    ...membersOf(pipeline, 'renditions').flatMap(([key, rendition]) => {
      const watermark: unknown = Reflect.get(rendition, 'watermark');
      if (!isObject(watermark)) return [];
      const path = [...place, 'renditions', key, 'watermark', 'image'];
      return missing(path, Reflect.get(watermark, 'image'), 'an image file', folder);
    }),
  ]);
}

/** Variables that secret headers name and the environment does not have. */
export function missingSecrets(config: unknown, env: Env): Mistake[] {
  return pipelinesIn(config).flatMap(([place, pipeline]) =>
    membersOf(pipeline, 'steps').flatMap(([key, step]) => {
      const headers: unknown = Reflect.get(step, 'secretHeaders');
      if (!isObject(headers)) return [];
      return Object.entries(headers).flatMap(([header, variable]) => {
        if (typeof variable !== 'string' || (env[variable] ?? '') !== '') return [];
        const path = [...place, 'steps', key, 'secretHeaders', header];
        return [{ path, atKey: false, text: `${told(path)} names a variable that is not set: ${variable}` }];
      });
    }),
  );
}

function missing(path: Path, given: unknown, what: string, folder: string): Mistake[] {
  if (typeof given !== 'string' || given === '') return [];
  const file = resolve(folder, given);
  const why = troubleWith(file, what === 'an executable file');
  if (why === undefined) return [];
  return [
    {
      path,
      atKey: false,
      text: `${told(path)} must be the path of ${what}: ${why}, got "${given}", which is ${file}`,
    },
  ];
}

function troubleWith(file: string, runs: boolean): string | undefined {
  try {
    if (!statSync(file).isFile()) return 'it is no file';
    accessSync(file, runs ? constants.X_OK : constants.R_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is none';
    return runs ? 'it may not be executed (chmod +x)' : 'it may not be read';
  }
}

function pipelinesIn(config: unknown): [Path, object][] {
  if (!isObject(config)) return [];
  return membersOf(config, 'pipelines').map(([name, pipeline]) => [['pipelines', name], pipeline]);
}

/** The members of a list or mapping that are mappings themselves, with their keys. */
function membersOf(parent: object, key: string): [PropertyKey, object][] {
  const members: unknown = Reflect.get(parent, key);
  if (!isObject(members)) return [];
  return Object.entries(members).flatMap(([name, member]): [PropertyKey, object][] =>
    isObject(member) ? [[Array.isArray(members) ? Number(name) : name, member]] : [],
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
