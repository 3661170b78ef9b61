/**
 * Writes one `*.generated.ts` beside this file for every schema in schemas/: its TypeScript types and its canonical JSON.
 * With `--check` writes nothing and fails, naming each file that is not what its schema says.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { typescriptOf } from './typescript-of.ts';

const schemas = new URL('../../schemas/', import.meta.url);
const output = new URL('./', import.meta.url);
const check = process.argv.includes('--check');

const kebab = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** What each generated file should hold, by its name. */
async function expectedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of (await readdir(schemas)).filter((file) => file.endsWith('.avsc')).sort()) {
    const text = await readFile(new URL(name, schemas), 'utf8');
    files.set(`${kebab(name.slice(0, -'.avsc'.length))}.generated.ts`, typescriptOf(name, JSON.parse(text)));
  }
  return files;
}

const files = await expectedFiles();
const present = (await readdir(output)).filter((file) => file.endsWith('.generated.ts'));
const different = present.filter((file) => !files.has(file)).map((file) => `${file} has no schema any more`);
for (const [name, text] of files) {
  const current = present.includes(name) ? await readFile(new URL(name, output), 'utf8') : undefined;
  if (current === text) continue;
  if (!check) await writeFile(new URL(name, output), text);
  else different.push(`${name} is ${current === undefined ? 'missing' : 'not what its schema says'}`);
}

if (different.length > 0) {
  process.stderr.write(
    `Types and schemas differ:\n${different.map((line) => `  src/serdes/${line}\n`).join('')}` +
      'What to do: run `npm run generate`, remove files that have no schema, and commit the result.\n',
  );
  process.exitCode = 1;
}
