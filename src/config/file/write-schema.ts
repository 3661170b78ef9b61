/**
 * Writes schemas/config.schema.json, by which editors complete and check configuration files. With `--check` writes nothing
 * and fails when the file is not what src/config/file/schema.ts says.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { configSchema } from './schema.ts';

const file = new URL('../../../schemas/config.schema.json', import.meta.url);
const schema = { title: 'Darkroom', ...z.toJSONSchema(configSchema, { io: 'input' }) };
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (!process.argv.includes('--check')) await writeFile(file, text);
else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  process.stderr.write(
    'schemas/config.schema.json is not what src/config/file/schema.ts says.\n' +
      'What to do: run `npm run generate` and commit the result.\n',
  );
  process.exitCode = 1;
}
