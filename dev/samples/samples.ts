import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFormat } from '../../src/processors/types.ts';
import { RECIPES, type Recipe } from './recipes.ts';

/** Part of the names of kept files; raised when a recipe changes. */
const VERSION = 1;
/** Pictures made at once: sharp has four threads, and each large picture some tens of megabytes. */
const AT_ONCE = 4;

/** A picture and what must become of it. */
export interface Sample {
  readonly name: string;
  readonly customer: string;
  readonly bytes: Buffer;
  readonly expected: 'processed' | 'rejected';
  /** The code it is rejected with. */
  readonly code?: string;
  readonly type: ImageFormat;
  /** On which way it comes: as an upload, as a record of the stream, or as a record that refers to S3. */
  readonly way: 'upload' | 'stream' | 'reference';
}

/**
 * The sample pictures of four customers, always the same: all formats, EXIF orientations and locations, animations,
 * transparency, and those that must be rejected. With a folder they are kept there and made only once.
 */
export async function makeSamples(folder?: string): Promise<Sample[]> {
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const samples: Sample[] = [];
  for (let at = 0; at < RECIPES.length; at += AT_ONCE) {
    samples.push(
      ...(await Promise.all(RECIPES.slice(at, at + AT_ONCE).map((recipe) => sample(recipe, folder)))),
    );
  }
  return samples;
}

async function sample({ make, code, ...rest }: Recipe, folder: string | undefined): Promise<Sample> {
  const path = folder && join(folder, `${rest.customer}-v${VERSION}-${rest.name}`);
  const kept = path ? await readFile(path).catch(() => undefined) : undefined;
  const bytes = kept ?? (await make());
  if (path && !kept) await writeFile(path, bytes);
  return {
    ...rest,
    bytes,
    ...(code === undefined ? { expected: 'processed' } : { expected: 'rejected', code }),
  };
}
