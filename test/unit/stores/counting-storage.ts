import type { OrderedBytes } from '../../../src/topology/stores/bytes.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';

/** Counts the committed rows that ranges read: the work that a plain time limit would measure by the machine's speed. */
export class CountingStorage extends MemoryStorage {
  rowsRead = 0;

  override rows(store: string): OrderedBytes {
    const rows = super.rows(store);
    const count = () => {
      this.rowsRead += 1;
    };
    return {
      get floor() {
        return rows.floor ?? Buffer.alloc(0);
      },
      get: (key) => rows.get(key),
      *range(from, to, reverse) {
        for (const row of rows.range(from, to, reverse)) {
          count();
          yield row;
        }
      },
    };
  }
}
