// What is fetched or made once on a machine, shared by every stack that ever runs on it.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'darkroom');

const UNFINISHED = '.unfinished-';
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

export const isCached = (name: string): boolean => existsSync(join(cacheFolder, name));

/**
 * The folder `name` of the cache, made by `make` if it is not there. It appears whole or not at all: an interrupted
 * `make` leaves nothing under that name, and of two that run at once the first one wins.
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  await sweep();
  const unfinished = await mkdtemp(join(cacheFolder, `${UNFINISHED}${name}-`));
  try {
    await make(unfinished);
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // else another process was faster
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what a killed process left unfinished an hour ago or earlier. */
async function sweep(): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const folder = join(cacheFolder, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
