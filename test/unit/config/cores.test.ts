import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { availableCores, quotaOfCores } from '../../../src/config/cores.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A root with these files, as a container of that kind sees them. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'cores-test-'));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const v2 = (path: string) => ({ 'proc/self/cgroup': `0::${path}\n` });
const v1 = (path: string) => ({ 'proc/self/cgroup': `3:cpuset:/\n2:cpu,cpuacct:${path}\n1:memory:/m\n` });
const v1Quota = (path: string, quota: number) => ({
  [`sys/fs/cgroup/cpu${path}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`sys/fs/cgroup/cpu${path}/cpu.cfs_period_us`]: '100000\n',
});

test.each([
  ['a container of version 2', { ...v2('/'), 'sys/fs/cgroup/cpu.max': '150000 100000\n' }, 1.5],
  ['version 2 without a limit', { ...v2('/'), 'sys/fs/cgroup/cpu.max': 'max 100000\n' }, Infinity],
  [
    'the pod above a container of version 2',
    {
      ...v2('/pod/box'),
      'sys/fs/cgroup/pod/box/cpu.max': 'max 100000',
      'sys/fs/cgroup/pod/cpu.max': '300000 100000',
    },
    3,
  ],
  ['a group of version 1', { ...v1('/docker/abc'), ...v1Quota('/docker/abc', 250_000) }, 2.5],
  [
    "a container of version 1 that sees the host's path",
    { ...v1('/docker/abc'), ...v1Quota('', 50_000) },
    0.5,
  ],
  ['version 1 without a limit', { ...v1('/'), ...v1Quota('', -1) }, Infinity],
  ['no control groups at all', {}, Infinity],
  ['a file that is no quota', { ...v2('/'), 'sys/fs/cgroup/cpu.max': 'what\n' }, Infinity],
])('reads the quota of %s', (_what, files, cores) => {
  expect(quotaOfCores(rootWith(files))).toBe(cores);
});

test('a part of a core is one worker, and no quota makes more of them than there are cores', () => {
  const cores = (max: string) => availableCores(rootWith({ ...v2('/'), 'sys/fs/cgroup/cpu.max': max }));
  expect(cores('20000 100000')).toBe(1);
  expect(cores('max 100000')).toBe(availableParallelism());
  expect(cores(`${100_000 * 4096} 100000`)).toBe(availableParallelism());
  expect(cores('100000 100000')).toBe(1);
});
