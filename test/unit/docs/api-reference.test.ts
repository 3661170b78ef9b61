import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiReference } from '../../../dev/docs/api-reference.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = 'docs/streams/api.md';
const BETWEEN = /(?<=^<!-- made from .* -->\n)[\s\S]*?(?=^<!-- \/made -->$)/m;

/** As the formatter leaves it, which knows the code in Markdown too. */
const formatted = (text: string) =>
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', `--stdin-file-path=${page}`],
    { cwd: root, input: text, encoding: 'utf8' },
  );

it(`${page} has every export of darkroom-streams/topology as it is declared`, () => {
  const made = apiReference(join(root, 'src/topology/index.ts'), join(root, 'tsconfig.json'));
  const there = readFileSync(join(root, page), 'utf8');
  const current = formatted(there.replace(BETWEEN, () => `\n${made}\n`));
  if (process.env.UPDATE_DOCS === '1') writeFileSync(join(root, page), current);
  expect(readFileSync(join(root, page), 'utf8')).toBe(current);
}, 120_000);
