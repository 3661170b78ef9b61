import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { OrderedBytes, StoreWrite, TaskStorage } from './bytes.ts';
import { bootId, markClosed, markOpened, wasStoppedCleanly } from './clean-stop.ts';
import { LmdbRows, type RowsDatabase, rowsEncoding } from './lmdb-rows.ts';
import { readTime, TIME_BYTES, writeTime } from './times.ts';

/** Named databases of an environment: one a store, and the meta rows. */
const MAX_DATABASES = 256;

/** Address space at first; LMDB takes more as the file grows, but keeps the old range mapped too. */
const FIRST_MAP_BYTES = 64 * 1024 * 1024;

/** Expired rows that one `apply` removes per store, at least, so that a whole segment never stops the task. */
const SWEPT_ROWS = 1000;

/** Cannot be the name of a store. */
const META = '#meta';

/** Has the rows. LMDB writes to it in a transaction that changes something, and at no other time. */
export const DATA_FILE = 'data.mdb';

/** Meta rows: one byte for what, then the store's name. */
const POSITION = 'p';
const FLOOR = 'f';

/**
 * A task's stores in one LMDB environment, written in one transaction a commit.
 *
 * What `apply` returned for outlives the process: the operating system has its pages. It does not wait for the disk, since the
 * changelog has every row: if the machine stops before the rows reached the disk, the next open finds no mark of a clean stop
 * and empties the folder, so that `position` says that everything is missing. Where the system does not tell one start of the
 * machine from another, every commit waits for the disk instead.
 */
export class LmdbStorage implements TaskStorage {
  readonly #folder: string;
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #meta: RowsDatabase;
  readonly #stores = new Map<string, LmdbRows>();

  private constructor(folder: string, root: RootDatabase<Buffer, Buffer>) {
    this.#folder = folder;
    this.#root = root;
    this.#meta = root.openDB({ name: META, ...rowsEncoding });
  }

  /** Opens or makes the storage in a folder of its own, which no other process may have open. */
  static open(folder: string): LmdbStorage {
    const boot = bootId();
    mkdirSync(folder, { recursive: true });
    if (!wasStoppedCleanly(folder, boot)) {
      for (const file of [DATA_FILE, 'lock.mdb']) rmSync(join(folder, file), { force: true });
    }
    if (boot !== undefined) markOpened(folder, boot);
    const options = {
      ...rowsEncoding,
      maxDbs: MAX_DATABASES,
      mapSize: FIRST_MAP_BYTES,
      noSync: boot !== undefined,
      overlappingSync: false,
    };
    return new LmdbStorage(folder, open<Buffer, Buffer>(folder, options));
  }

  rows(store: string): OrderedBytes {
    return this.#rows(store);
  }

  apply(writes: readonly StoreWrite[], positions: ReadonlyMap<string, number>): void {
    const touched = new Set<string>(positions.keys());
    for (const { store } of writes) touched.add(store);
    for (const store of touched) this.#rows(store); // opened outside: an opened database is a transaction of its own
    this.#root.transactionSync(() => {
      for (const { store, key, value, dropsBelow } of writes) {
        const rows = this.#rows(store);
        if (!dropsBelow) rows.put(key, value);
        else if (rows.raisesFloor(key)) this.#meta.putSync(metaKey(FLOOR, store), key);
      }
      for (const [store, position] of positions) {
        const bytes = Buffer.allocUnsafe(TIME_BYTES);
        writeTime(bytes, position, 0);
        this.#meta.putSync(metaKey(POSITION, store), bytes);
      }
      for (const rows of this.#stores.values()) rows.sweep(Math.max(SWEPT_ROWS, 2 * writes.length));
    });
    for (const { store, key, dropsBelow } of writes) if (dropsBelow) this.#rows(store).dropBelow(key);
    for (const rows of this.#stores.values()) rows.applied();
  }

  position(store: string): number | undefined {
    const bytes = this.#meta.getBinary(metaKey(POSITION, store));
    return bytes && readTime(bytes, 0);
  }

  wipe(store: string): void {
    const rows = this.#rows(store);
    this.#root.transactionSync(() => {
      rows.clear();
      this.#meta.removeSync(metaKey(POSITION, store));
      this.#meta.removeSync(metaKey(FLOOR, store));
    });
    rows.applied();
  }

  close(): void {
    void this.#root.close(); // done when it returns: nothing asynchronous was ever asked of it
    markClosed(this.#folder, DATA_FILE);
  }

  #rows(store: string): LmdbRows {
    let rows = this.#stores.get(store);
    if (rows === undefined) {
      const floor = this.#meta.getBinary(metaKey(FLOOR, store));
      rows = new LmdbRows(this.#root.openDB({ name: store, ...rowsEncoding }), floor);
      this.#stores.set(store, rows);
    }
    return rows;
  }
}

function metaKey(what: string, store: string): Buffer {
  return Buffer.from(what + store);
}
