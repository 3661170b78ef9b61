import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderName, StateFolders } from '../../../src/topology/kafka/state-folders.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let dir: string;
let folders: StateFolders;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'state-folders-'));
  folders = new StateFolders(dir, 'app', silent);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that claims a task's folder and holds it until it is killed. */
async function holder(task: string): Promise<ChildProcess> {
  const source = join(import.meta.dirname, '../../../src/topology/kafka/state-folders.ts');
  const script = `
    const { StateFolders } = await import(${JSON.stringify(source)});
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const held = new StateFolders(${JSON.stringify(dir)}, 'app', silent).claim(${JSON.stringify(task)});
    console.log(held.path);
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('the folder of a task', () => {
  it('is the same again after it was given up', () => {
    const first = folders.claim('counts_0');
    first.release();
    const second = folders.claim('counts_0');
    expect(second.path).toBe(first.path);
    second.release();
  });

  it('is another one while somebody in this process holds it', () => {
    const zombie = folders.claim('counts_0');
    const owner = folders.claim('counts_0');
    expect(owner.path).not.toBe(zombie.path);
    owner.release();
    zombie.release();
  });

  it('is another one while another process holds it, and free as soon as that is killed', async () => {
    const child = await holder('counts_0');
    const beside = folders.claim('counts_0');
    expect(basename(beside.path)).toMatch(/^counts_0~/);
    beside.release();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const after = folders.claim('counts_0');
    expect(basename(after.path)).toBe('counts_0');
    after.release();
  });

  it('has a name that every file system takes, and no two tasks have one', () => {
    const names = ['a/b_0', 'a:b_0', 'a_b_0', '..', `${'x'.repeat(300)}_1`, `${'x'.repeat(300)}_2`];
    const folderNames = names.map(folderName);
    expect(new Set(folderNames).size).toBe(names.length);
    for (const name of folderNames) expect(name).toMatch(/^[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,119}$/);
  });
});

describe('a later start', () => {
  it('removes second folders and those of no task, but none that is held', () => {
    const zombie = folders.claim('counts_0');
    folders.claim('counts_0').release();
    folders.claim('gone_3').release();
    const held = folders.claim('counts_0');
    folders.sweep(['counts_0']);
    expect(readdirSync(join(dir, 'app')).toSorted()).toEqual(
      [basename(zombie.path), basename(held.path)].toSorted(),
    );
    held.release();
    zombie.release();
    folders.sweep(['counts_0']);
    expect(readdirSync(join(dir, 'app'))).toEqual(['counts_0']);
  });

  it('minds nothing where there is no state yet', () => {
    new StateFolders(join(dir, 'nowhere'), 'app', silent).sweep([]);
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  });
});
