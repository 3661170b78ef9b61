import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { DATA_FILE, LmdbStorage } from '../../../src/topology/stores/lmdb-storage.ts';
import { temporaryFolder } from './storages.ts';

const writerFile = new URL('./lmdb-writer.ts', import.meta.url);

const put = (store: string, key: string, value: string) => ({
  store,
  key: Buffer.from(key),
  value: Buffer.from(value),
  timestamp: 0,
});
const valuesOf = (storage: LmdbStorage, store: string) =>
  [...storage.rows(store).range(null, null)].map(([, value]) => `${value}`);

describe('LMDB storage', () => {
  test('is the same after it was closed and opened again', () => {
    using folder = temporaryFolder();
    const first = LmdbStorage.open(folder.path);
    first.apply([put('a', 'x', '1'), put('a', 'y', '2'), put('b.c', 'z', '3')], new Map([['a', 5]]));
    first.apply([{ ...put('a', 'y', ''), value: null, dropsBelow: true }], new Map([['b.c', 6]]));
    first.close();
    const second = LmdbStorage.open(folder.path);
    expect(valuesOf(second, 'a')).toEqual(['2']);
    expect(second.rows('a').get(Buffer.from('x'))).toBeNull();
    expect(valuesOf(second, 'b.c')).toEqual(['3']);
    expect([second.position('a'), second.position('b.c')]).toEqual([5, 6]);
    second.close();
  });

  test('takes nothing of a batch that fails', () => {
    using folder = temporaryFolder();
    const storage = LmdbStorage.open(folder.path);
    storage.apply([put('a', 'x', '1')], new Map([['a', 1]]));
    const drop = { ...put('a', 'y', ''), value: null, dropsBelow: true };
    const tooLong = put('a', 'k'.repeat(5000), '1');
    expect(() => storage.apply([put('a', 'z', '2'), drop, tooLong], new Map([['a', 2]]))).toThrow();
    expect(valuesOf(storage, 'a')).toEqual(['1']);
    expect(storage.position('a')).toBe(1);
    storage.apply([put('a', 'y', '3')], new Map([['a', 2]]));
    expect(valuesOf(storage, 'a')).toEqual(['1', '3']);
    storage.close();
  });

  test('removes dropped rows a share at a time', () => {
    using folder = temporaryFolder();
    const storage = LmdbStorage.open(folder.path);
    const rows = Array.from({ length: 2500 }, (_, row) => put('a', String(row + 10_000), 'x'));
    storage.apply(rows, new Map());
    storage.apply([{ ...put('a', '12490', ''), value: null, dropsBelow: true }], new Map());
    const stored = () => {
      const root = open({ path: folder.path });
      const count = root.openDB({ name: 'a', keyEncoding: 'binary', encoding: 'binary' }).getCount();
      void root.close();
      return count;
    };
    storage.apply([], new Map());
    expect(stored()).toBe(1500);
    storage.apply([], new Map());
    storage.apply([], new Map());
    expect(stored()).toBe(10);
    expect(valuesOf(storage, 'a')).toHaveLength(10);
    storage.close();
  });

  test('grows', () => {
    using folder = temporaryFolder();
    const storage = LmdbStorage.open(folder.path);
    const value = Buffer.alloc(1_000_000, 7);
    const keys = Array.from({ length: 80 }, (_, row) => String(row));
    for (const key of keys) storage.apply([{ ...put('a', key, ''), value }], new Map());
    for (const key of keys) expect(storage.rows('a').get(Buffer.from(key))?.equals(value)).toBe(true);
    storage.close();
  });

  test('is trusted after a killed process, and not after a machine that stopped while it was open', () => {
    using folder = temporaryFolder();
    const mark = join(folder.path, 'stop');
    const first = LmdbStorage.open(folder.path);
    first.apply([put('a', 'x', '1')], new Map([['a', 5]]));
    const whileOpen = readFileSync(mark, 'utf8');
    first.close();
    writeFileSync(mark, whileOpen); // as a killed process leaves it
    const second = LmdbStorage.open(folder.path);
    expect(second.position('a')).toBe(5);
    second.close();
    writeFileSync(mark, 'another start of the machine');
    const third = LmdbStorage.open(folder.path);
    expect(third.position('a')).toBeUndefined();
    expect(valuesOf(third, 'a')).toEqual([]);
    third.close();
  });

  test('writes to the file of its rows at commits alone, though its process was killed', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'rows');
    const file = join(path, DATA_FILE);
    const writer = spawn(process.execPath, [fileURLToPath(writerFile), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(writer, 'exit');
    for await (const line of createInterface({ input: writer.stdout }))
      if (Number(line) === 20) writer.kill('SIGKILL');
    await exited;
    const then = new Date(1_600_000_000_000);
    utimesSync(file, then, then);
    const storage = LmdbStorage.open(path);
    expect(valuesOf(storage, 'a')).toHaveLength(10);
    storage.apply([], new Map());
    storage.close();
    expect(statSync(file).mtimeMs).toBe(then.getTime());
    const second = LmdbStorage.open(path);
    const beforeMs = Date.now();
    second.apply([put('a', 'x', '1')], new Map([['a', 1]]));
    expect(statSync(file).mtimeMs).toBeGreaterThanOrEqual(beforeMs - 1000);
    second.close();
  });

  test('has exactly the rows and positions of an applied batch after SIGKILL, and all that apply returned for', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'rows');
    let last = 0;
    for (let kills = 0; kills < 4; kills += 1) {
      const writer = spawn(process.execPath, [fileURLToPath(writerFile), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(writer, 'exit');
      const killAt = last + 20 + 13 * kills;
      for await (const line of createInterface({ input: writer.stdout })) {
        last = Number(line);
        if (last === killAt) writer.kill('SIGKILL');
      }
      await exited;
      expect(last).toBeGreaterThanOrEqual(killAt);
      const storage = LmdbStorage.open(path);
      const batch = storage.position('batches') ?? 0;
      expect(batch).toBeGreaterThanOrEqual(last);
      expect([storage.position('a'), storage.position('b')]).toEqual([batch, batch]);
      for (const store of ['a', 'b']) expect(valuesOf(storage, store)).toEqual(Array(10).fill(String(batch)));
      expect(valuesOf(storage, 'batches')).toEqual(Array.from({ length: batch }, (_, at) => String(at + 1)));
      storage.close();
    }
  }, 30_000);
});
