import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateFolders } from '../../../src/topology/kafka/state-folders.ts';
import { openOnDisk } from '../../../src/topology/kafka/task-state.ts';
import type { StoreSpec } from '../../../src/topology/stores/bytes.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const store: StoreSpec = {
  name: 'counts',
  kind: 'key-value',
  persistent: true,
  logged: true,
  open: () => ({ name: 'counts' }),
};
const row = { store: 'counts', key: Buffer.from('a'), value: Buffer.from('1'), timestamp: 0 };
let dir: string;
let folders: StateFolders;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'task-state-'));
  folders = new StateFolders(dir, 'app', silent);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (layout = '', clusterId = 'cluster') =>
  openOnDisk(folders, 'counts_0', [{ ...store, layout }], clusterId);

const HOUR_MS = 3_600_000;
const rows = () => join(dir, 'app', 'counts_0', 'rows');

/** As if nothing had touched the folder since. */
function aged(hours: number): void {
  const then = new Date(Date.now() - hours * HOUR_MS);
  for (const file of readdirSync(rows())) utimesSync(join(rows(), file), then, then);
}

/** How old the rows that are found now are taken to be. */
function foundAge(): number {
  const state = open();
  state.close();
  return Math.round((Date.now() - (state.currentAsOfMs ?? 0)) / HOUR_MS);
}

/** Written at a commit, after a restore that was finished. */
function committed(): void {
  const state = open();
  state.restoring(false);
  state.restoring(true);
  state.storage.apply([row], new Map([['counts', 5]]));
  state.close();
}

function written(): void {
  const state = open();
  state.storage.apply([row], new Map([['counts', 5]]));
  state.close();
}

describe('the state of a task on disk', () => {
  it('is there again, with its position and when it was current', () => {
    written();
    const state = open();
    expect(state.storage.rows('counts').get(row.key)).toEqual(row.value);
    expect(state.storage.position('counts')).toBe(5);
    expect(Date.now() - (state.currentAsOfMs ?? 0)).toBeLessThan(60_000);
    state.close();
  });

  it.each([
    ['of another cluster', () => open('', 'elsewhere')],
    ['in another layout', () => open('segments-2')],
  ])('is forgotten where it is %s', (_what, reopen) => {
    written();
    const state = reopen();
    expect(state.storage.rows('counts').get(row.key)).toBeNull();
    expect(state.storage.position('counts')).toBeUndefined();
    state.close();
  });

  it('is as old as the restore that was not finished, not as its last write', () => {
    const state = open();
    state.storage.apply([row], new Map([['counts', 5]]));
    state.restoring(false);
    const begunMs = Date.now();
    state.close();
    const rows = join(dir, 'app', 'counts_0', 'rows');
    const later = new Date(begunMs + 3_600_000);
    utimesSync(join(rows, 'data.mdb'), later, later);
    const interrupted = open();
    expect(interrupted.currentAsOfMs).toBeLessThanOrEqual(begunMs);
    interrupted.restoring(true);
    interrupted.close();
    utimesSync(join(rows, 'data.mdb'), later, later);
    const finished = open();
    expect(finished.currentAsOfMs).toBe(later.getTime());
    finished.close();
  });

  it('is not newer for having been opened and closed, by a start that failed before the restore', () => {
    committed();
    aged(30);
    expect(foundAge()).toBe(30);
    expect(foundAge()).toBe(30);
  });

  it('is not newer for a store that was emptied beside it, whose layout has changed', () => {
    const both = (layout: string) =>
      openOnDisk(folders, 'counts_0', [store, { ...store, name: 'windows', layout }], 'cluster');
    const first = both('');
    first.restoring(true);
    first.storage.apply([row, { ...row, store: 'windows' }], new Map([['counts', 5]]));
    first.close();
    aged(30);
    both('segments-2').close();
    expect(foundAge()).toBe(30);
  });

  it('is not newer for a restore that was not finished', () => {
    committed();
    aged(23);
    const interrupted = open();
    interrupted.restoring(false);
    interrupted.storage.apply([row], new Map([['counts', 6]]));
    interrupted.close();
    expect(foundAge()).toBe(23);
  });

  it('is not newer for being closed late, by a process that was stopped for a day', () => {
    committed();
    const stopped = open();
    stopped.restoring(true);
    stopped.storage.apply([row], new Map([['counts', 6]]));
    aged(25);
    stopped.close();
    expect(foundAge()).toBe(25);
  });

  it('is as new as the restore that was finished, though that had nothing to read', () => {
    committed();
    aged(23);
    const state = open();
    state.restoring(false);
    state.restoring(true);
    state.close();
    expect(foundAge()).toBe(0);
  });
});
