import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Cores that this process may use, at least 1: those that it may be scheduled on, or the processor time that its control
 * group or one above it may take, rounded up. Node 24 asks for quotas itself; the built package also runs on Node 20, which
 * does not.
 */
export function availableCores(root = '/'): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quotaOfCores(root))));
}

/** The least quota of the groups that this process is in, in cores; Infinity where there is none (or no Linux). */
export function quotaOfCores(root: string): number {
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  const quotas = groups.split('\n').flatMap((line) => {
    const [, controllers, path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') return upwards(path).map((group) => quotaV2(join(root, 'sys/fs/cgroup', group)));
    if (!controllers?.split(',').includes('cpu')) return [];
    // A container sees its own group at the root, though the path is the host's.
    return upwards(path).map((group) => quotaV1(join(root, 'sys/fs/cgroup/cpu', group)));
  });
  return Math.min(Infinity, ...quotas.filter((quota) => quota > 0));
}

/** The group and all above it: `/a/b`, `/a`, `/`. */
function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...upwards(dirname(path))];
}

/** `max 100000` or `150000 100000`: microseconds of processor time in each period. */
function quotaV2(folder: string): number {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').split(/\s+/).map(Number);
  return quota && period ? quota / period : Infinity;
}

/** -1: no quota. */
function quotaV1(folder: string): number {
  const quota = Number(read(join(folder, 'cpu.cfs_quota_us')));
  const period = Number(read(join(folder, 'cpu.cfs_period_us')));
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no such controller, or not Linux
  }
}
