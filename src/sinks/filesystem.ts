import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { StreamsError } from '../topology/errors.ts';
import type { ObjectStore } from './types.ts';

export interface FilesystemSettings {
  readonly folder: string;
}

/**
 * The same keys as files in a folder: for `darkroom try` and tests. A file appears whole or not at all, and one that
 * exists is never written again. Errors are the system's own (full, not allowed): they do not heal by waiting.
 */
export function createFilesystemStore({ folder }: FilesystemSettings): ObjectStore {
  const root = resolve(folder);

  const pathOf = (key: string): string => {
    const parts = key.split('/');
    const unsafe = parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part));
    const path = join(root, ...parts);
    if (unsafe || !path.startsWith(root + sep)) {
      throw new StreamsError(
        'KEY_INVALID',
        'dead-letter',
        `the key ${JSON.stringify(key)} is no path below the folder; empty parts, "." and ".." are not allowed`,
      );
    }
    return path;
  };

  return {
    put: async (key, body, { signal }) => {
      signal?.throwIfAborted();
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        await writeFile(temporary, body, { flag: 'wx' });
        // A link fails when the name is taken; a rename would replace what is there.
        await link(temporary, path);
        return { key, bytes: body.length, created: true };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
        if (!(await readFile(path)).equals(body)) throw conflict(path);
        return { key, bytes: (await stat(path)).size, created: false };
      } finally {
        await unlink(temporary).catch(() => {});
      }
    },
    trouble: () => undefined,
    close: async () => {},
  };
}

function conflict(path: string): StreamsError {
  return new StreamsError(
    'FILE_CONFLICT',
    'dead-letter',
    `another content lies in ${path}; remove it, or write into another folder`,
  );
}
