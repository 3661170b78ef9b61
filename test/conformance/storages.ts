import type { TaskStorage } from '../../src/topology/stores/bytes.ts';

// Until both are committed: a storage that is not there is left out.
// biome-ignore lint/suspicious/noExplicitAny: gone with this file
const load = async (file: string): Promise<Record<string, any>> =>
  import(`../../src/topology/stores/${file}.ts`).catch(() => ({}));
const { MemoryStorage } = await load('memory-storage');
const { LmdbStorage } = await load('lmdb-storage');

export const available = { lmdb: LmdbStorage !== undefined, memory: true };
export const openStorage = (kind: string, folder: string): TaskStorage | undefined =>
  kind === 'lmdb' ? LmdbStorage?.open(folder) : MemoryStorage && new MemoryStorage();
