import { createWriteStream } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { thumbHashToDataURL } from 'thumbhash';
import type { FileResult } from './file-result.ts';
import { type ReportItem, renderReport } from './report.ts';

/** What every browser shows. */
const SHOWN = new Set(['jpeg', 'png', 'webp', 'gif', 'avif']);

/** Writes `report.html` into the folder of the renditions and gives its path. */
export async function writeReport(
  results: readonly FileResult[],
  folder: string,
  seconds: number,
): Promise<string> {
  const path = join(folder, 'report.html');
  const wayTo = (file: string) => relative(folder, file).split(sep).join('/');
  const itemOf = (result: FileResult): ReportItem => ({
    result,
    original: result.thumbHash && SHOWN.has(result.type) ? wayTo(result.file) : undefined,
    placeholder: result.thumbHash ? thumbHashToDataURL(Buffer.from(result.thumbHash, 'base64')) : undefined,
    links: result.renditions.map((one) => wayTo(one.path)),
  });
  await pipeline(Readable.from(renderReport(results, seconds, itemOf)), createWriteStream(path));
  return path;
}
