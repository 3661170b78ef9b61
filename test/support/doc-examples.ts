// The code blocks of a page: `ts` ones begin with their file's name, and a `text` one tells what the program above it prints.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const PACKAGE = 'darkroom-streams';

export interface Example {
  readonly file: string;
  readonly code: string;
  /** What it prints; undefined: the page does not say. */
  readonly output: string | undefined;
}

/** The examples of a page of docs/, in their order. Throws where a `ts` block does not name its file. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, body = '']) => ({
    language,
    body,
  }));
  return blocks.flatMap(({ language, body: code }, at) => {
    if (language !== 'ts') return [];
    const file = /^\/\/ ([\w-]+\.ts)\n/.exec(code)?.[1];
    if (!file) throw new Error(`an example of docs/${page} does not begin with "// <its file>.ts":\n${code}`);
    const next = blocks[at + 1];
    return [{ file, code, output: next?.language === 'text' ? next.body : undefined }];
  });
}

/** The scripts of a page of docs/: `python` and `sh` blocks, whose first comment is their file's name. */
export function scriptsOf(page: string): { readonly file: string; readonly code: string }[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(?:python|sh)\n([\s\S]*?)^```$/gm)].map(([, code = '']) => {
    const file = /^# ([\w-]+\.(?:py|sh))$/m.exec(code)?.[1];
    if (!file) throw new Error(`a script of docs/${page} does not name its file:\n${code}`);
    return { file, code };
  });
}

/** Writes examples into a folder, where the package's name means the sources of this tree. */
export function writeExamples(folder: string, examples: readonly Example[]): void {
  const link = join(folder, 'node_modules', PACKAGE);
  mkdirSync(link, { recursive: true });
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const source = (built: string) => built.replace('./dist/', './').replace(/\.js$/, '.ts');
  const sources = Object.fromEntries(
    ['./topology', './plugins'].map((path) => [path, source(exports[path].default)]),
  );
  const manifest = { name: PACKAGE, type: 'module', exports: sources };
  writeFileSync(join(link, 'package.json'), JSON.stringify(manifest));
  symlinkSync(join(root, 'src'), join(link, 'src'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { file, code } of examples) writeFileSync(join(folder, file), code);
}
