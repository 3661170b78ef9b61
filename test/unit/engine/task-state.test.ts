import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
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
});
