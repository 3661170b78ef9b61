// A process that allows one format, as a worker does, and tells which of the files that it is given can be read; guard.test.ts starts it.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { prepareProcess } from '../../../../src/processors/develop.ts';
import { DECODABLE_FORMATS } from '../../../../src/processors/guard/decodable.ts';
import { DEFAULT_LIMITS } from '../../../../src/processors/guard/guard.ts';

const [allowed = '', ...paths] = process.argv.slice(2);
prepareProcess({ ...DEFAULT_LIMITS, formats: DECODABLE_FORMATS.filter((format) => format === allowed) });
const readable: string[] = [];
for (const path of paths) {
  // As bytes, which is how images come, and by name, which decides for some loaders.
  for (const input of [readFileSync(path), path]) {
    const read = sharp(input).raw().toBuffer();
    if (
      await read.then(
        () => true,
        () => false,
      )
    )
      readable.push(path);
  }
}
process.send?.(readable);
