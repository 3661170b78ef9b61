import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variablesAsMarkdown } from '../../../src/config/describe.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');
const BETWEEN = /(?<=^<!-- made from .* -->\n)[\s\S]*?(?=^<!-- \/variables -->$)/m;

it('docs/configuration.md has the table of the variables as they are read', () => {
  const table = `\n${variablesAsMarkdown()}\n\n`;
  const text = readFileSync(page, 'utf8');
  if (process.env.UPDATE_DOCS === '1')
    writeFileSync(
      page,
      text.replace(BETWEEN, () => table),
    );
  expect(BETWEEN.exec(readFileSync(page, 'utf8'))?.[0]).toBe(table);
});
