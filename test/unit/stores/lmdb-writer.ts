import { LmdbStorage } from '../../../src/topology/stores/lmdb-storage.ts';

/**
 * Applies batches to the storage in the folder until it is killed. Batch n writes n under the same ten keys of two stores,
 * counts its rows in a third, and then says n on standard output.
 */
const [folder = ''] = process.argv.slice(2);
const storage = LmdbStorage.open(folder);

for (let batch = (storage.position('a') ?? 0) + 1; ; batch += 1) {
  const value = Buffer.from(String(batch));
  const writes = Array.from({ length: 10 }, (_, row) =>
    ['a', 'b'].map((store) => ({ store, key: Buffer.from(`key ${row}`), value, timestamp: 0 })),
  ).flat();
  const count = { store: 'batches', key: Buffer.from(String(batch).padStart(9, '0')), value, timestamp: 0 };
  storage.apply([...writes, count], new Map(['a', 'b', 'batches'].map((store) => [store, batch])));
  process.stdout.write(`${batch}\n`);
}
