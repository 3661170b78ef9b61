import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePhotograph } from '../dev/samples/index.ts';

/** Gives `work` an empty folder, which is removed when it ends, however it ends. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** JPEG photographs of `widthPx` × `heightPx`, each of another seed, the same in every run. */
export async function makePhotographs(count: number, widthPx: number, heightPx: number): Promise<Buffer[]> {
  const photographs: Buffer[] = [];
  for (let seed = 0; seed < count; seed++) photographs.push(await makePhotograph(seed, widthPx, heightPx));
  return photographs;
}

/** Writes images into `folder` as 0.jpg, 1.jpg…; returns their paths. */
export async function writeImages(
  folder: string,
  images: readonly Buffer[],
  extension: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const [index, image] of images.entries()) {
    const file = join(folder, `${index}.${extension}`);
    await writeFile(file, image);
    files.push(file);
  }
  return files;
}
