import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileResult } from './file-result.ts';
import { type ReportItem, renderReport } from './report.ts';

/** Pictures up to this size are put into the page, for so many images; the others are linked. */
const MAX_EMBEDDED_BYTES = 128 * 1024;
const MAX_EMBEDDED_IMAGES = 1_000;

/** Writes `report.html` into the folder of the renditions and gives its path. */
export async function writeReport(
  results: readonly FileResult[],
  folder: string,
  seconds: number,
): Promise<string> {
  const path = join(folder, 'report.html');
  let embedded = 0;
  const itemOf = async (result: FileResult): Promise<ReportItem> => {
    const links = result.renditions.map((one) => relative(folder, one.path).split(sep).join('/'));
    const smallest = result.renditions
      .map((one, index) => ({ ...one, link: links[index] }))
      .sort((a, b) => a.width * a.height - b.width * b.height)[0];
    if (!smallest) return { result, thumbnail: undefined, links };
    if (smallest.bytes > MAX_EMBEDDED_BYTES || embedded >= MAX_EMBEDDED_IMAGES) {
      return { result, thumbnail: smallest.link, links };
    }
    embedded += 1;
    const body = await readFile(smallest.path);
    return { result, thumbnail: `data:${smallest.contentType};base64,${body.toString('base64')}`, links };
  };
  await pipeline(Readable.from(renderReport(results, seconds, itemOf)), createWriteStream(path));
  return path;
}
