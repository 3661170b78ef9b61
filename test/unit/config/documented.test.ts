import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variablesAsMarkdown } from '../../../src/config/describe.ts';
import { optionsAsMarkdown } from '../../../src/config/file/describe-options.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');

/** The formatter pads the cells of a table. */
const unpadded = (table: string | undefined) => table?.replace(/ +/g, ' ').replace(/-{4,}/g, '---').trim();

it.each([
  ['variables as they are read', 'variables', variablesAsMarkdown],
  ["renditions' options as they are checked", 'options', optionsAsMarkdown],
])('docs/configuration.md has the table of the %s', (_what, end, made) => {
  const between = new RegExp(
    `(?<=^<!-- made from [^\\n]* -->\\n)(?:(?!<!--)[\\s\\S])*(?=^<!-- /${end} -->$)`,
    'm',
  );
  const table = made();
  if (process.env.UPDATE_DOCS === '1') {
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(between, () => `\n${table}\n\n`),
    );
  }
  expect(unpadded(between.exec(readFileSync(page, 'utf8'))?.[0])).toBe(unpadded(table));
});
