import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './terminal.ts';

export interface FoundFile {
  /** As given, or as given plus the way down from a folder. */
  readonly path: string;
  readonly bytes: number;
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

async function walk(folder: string, found: FoundFile[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const stats = await stat(path).catch(() => undefined); // a link into nowhere
    if (entry.isDirectory()) await walk(path, found);
    else if (stats?.isFile()) found.push({ path, bytes: stats.size });
  }
}

/**
 * The files under the given paths, in the order given; folders whole, by name, without what begins with a dot and without
 * linked folders. Throws UsageError that names every path that is missing, or when there is no file at all.
 */
export async function findFiles(paths: readonly string[]): Promise<readonly FoundFile[]> {
  const stats = await Promise.all(
    paths.map((path) => stat(path).catch((error: NodeJS.ErrnoException) => error)),
  );
  const missing = paths.flatMap((path, index) => {
    const result = stats[index];
    return result instanceof Error ? [`${path}: ${explain(result)}`] : [];
  });
  if (missing.length > 0) throw new UsageError(missing.join('\n'));
  const found: FoundFile[] = [];
  for (const [index, path] of paths.entries()) {
    const result: Stats | Error | undefined = stats[index];
    if (!result || result instanceof Error) continue;
    if (result.isDirectory()) await walk(path, found);
    else found.push({ path, bytes: result.size });
  }
  if (found.length === 0) throw new UsageError(`no file in ${paths.join(', ')}`);
  return found;
}

const explain = (error: NodeJS.ErrnoException) =>
  error.code === 'ENOENT'
    ? 'no such file or folder'
    : error.code === 'EACCES'
      ? 'may not be read by this user'
      : error.message;
