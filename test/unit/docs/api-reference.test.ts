import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiReference } from '../../../dev/docs/api-reference.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = join(root, 'docs', 'streams', 'api.md');
const BETWEEN = /(?<=^<!-- made from .* -->\n)[\s\S]*?(?=^<!-- \/made -->$)/m;

it('docs/streams/api.md has every export of darkroom-streams/topology as it is declared', () => {
  const made = apiReference(join(root, 'src/topology/index.ts'), join(root, 'tsconfig.json'));
  if (process.env.UPDATE_DOCS === '1') {
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(BETWEEN, () => `\n${made}\n`),
    );
  }
  expect(BETWEEN.exec(readFileSync(page, 'utf8'))?.[0].trim()).toBe(made.trim());
}, 120_000);
