import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variablesAsMarkdown } from '../../../src/config/describe.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');
const BETWEEN = /(?<=^<!-- made from .* -->\n)[\s\S]*?(?=^<!-- \/variables -->$)/m;

/** The formatter pads the cells of a table. */
const unpadded = (table: string | undefined) => table?.replace(/ +/g, ' ').replace(/-{4,}/g, '---').trim();

it('docs/configuration.md has the table of the variables as they are read', () => {
  const table = variablesAsMarkdown();
  if (process.env.UPDATE_DOCS === '1') {
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(BETWEEN, () => `\n${table}\n\n`),
    );
  }
  expect(unpadded(BETWEEN.exec(readFileSync(page, 'utf8'))?.[0])).toBe(unpadded(table));
});
