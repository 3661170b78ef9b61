import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskStorage } from '../../../src/topology/stores/bytes.ts';
import { LmdbStorage } from '../../../src/topology/stores/lmdb-storage.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';

export interface TemporaryStorage extends Disposable {
  readonly storage: TaskStorage;
}

/** Every storage that stores are tested on; LMDB in a folder that goes when the test ends. */
export const storages: readonly { readonly name: string; open(): TemporaryStorage }[] = [
  {
    name: 'memory',
    open: () => {
      const storage = new MemoryStorage();
      return { storage, [Symbol.dispose]: () => storage.close() };
    },
  },
  {
    name: 'LMDB',
    open: () => {
      const folder = temporaryFolder();
      const storage = LmdbStorage.open(folder.path);
      return {
        storage,
        [Symbol.dispose]: () => {
          storage.close();
          folder[Symbol.dispose]();
        },
      };
    },
  },
];

export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'stores-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
