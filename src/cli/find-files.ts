import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from './terminal.ts';

export interface FoundFile {
  /** As given, or as given plus the way down from a folder. */
  readonly path: string;
  readonly bytes: number;
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

interface Found {
  readonly files: FoundFile[];
  /** What could not be looked into. */
  readonly problems: string[];
  /** A folder within those that are given, resolved, that is not looked into. */
  readonly except: string | undefined;
}

/** Adds the files of a folder. */
async function walk(folder: string, found: Found): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    found.problems.push(`${folder}: ${explain(error)}`);
    return [];
  });
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (resolve(path) !== found.except) await walk(path, found);
      continue;
    }
    try {
      const stats = await stat(path);
      if (stats.isFile()) found.files.push({ path, bytes: stats.size });
    } catch (error) {
      if (entry.isSymbolicLink()) continue; // into nowhere
      const why = entry.name.includes('\ufffd')
        ? 'its name is not UTF-8'
        : explain(error as NodeJS.ErrnoException);
      found.problems.push(`${path}: ${why}`);
    }
  }
}

/**
 * The files under the given paths, in the order given, each once; folders whole, by name, without what begins with a dot and
 * without linked folders and without `except`, where results go. Throws UsageError that names every path that is missing or
 * cannot be looked into, or when there is no file at all.
 */
export async function findFiles(
  paths: readonly string[],
  { except }: { readonly except?: string } = {},
): Promise<readonly FoundFile[]> {
  const stats = await Promise.all(
    paths.map((path) => stat(path).catch((error: NodeJS.ErrnoException) => error)),
  );
  const files: FoundFile[] = [];
  const problems: string[] = [];
  const found = { files, problems, except: except === undefined ? undefined : resolve(except) };
  for (const [index, path] of paths.entries()) {
    const result: Stats | NodeJS.ErrnoException | undefined = stats[index];
    if (!result) continue;
    if (result instanceof Error) problems.push(`${path}: ${explain(result)}`);
    else if (result.isDirectory()) await walk(path, found);
    else files.push({ path, bytes: result.size });
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  if (files.length === 0) throw new UsageError(`no file in ${paths.join(', ')}`);
  const seen = new Set<string>();
  return files.filter(({ path }) => {
    const place = resolve(path);
    return !seen.has(place) && seen.add(place);
  });
}

const explain = (error: NodeJS.ErrnoException) =>
  error.code === 'ENOENT'
    ? 'no such file or folder'
    : error.code === 'EACCES'
      ? 'may not be read by this user'
      : error.message;
