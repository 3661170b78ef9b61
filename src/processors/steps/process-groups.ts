import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PAGE_BYTES = 4096;
/** A look at all processes may take this part of a core's time. */
const WATCH_SHARE = 0.05;
const MIN_PAUSE_MS = 50;
/** Programs that end at once are seen once too. */
const FIRST_PAUSE_MS = 10;

/** Kills every process of the group that `leader` began. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // all of them have ended
  }
}

/** Resident bytes of each process group; pages that processes share count for each of them. */
async function groupBytes(): Promise<Map<number, number>> {
  const sums = new Map<number, number>();
  const add = (group: number, bytes: number) => sums.set(group, (sums.get(group) ?? 0) + bytes);
  if (process.platform === 'linux') {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
        // The name before them is in brackets and may hold anything: proc_pid_stat(5), fields 5 and 24.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        add(Number(fields[2]), Number(fields[21]) * PAGE_BYTES);
      } catch {
        // it has ended meanwhile
      }
    }
    return sums;
  }
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss=']);
  for (const line of stdout.trim().split('\n')) {
    const [group, kib] = line.trim().split(/\s+/).map(Number);
    if (group && kib) add(group, kib * 1024);
  }
  return sums;
}

/** A group that is looked at. */
interface Watched {
  readonly maxBytes: number;
  onExcess(): void;
  peakBytes: number;
}

const watched = new Map<number, Watched>();
let looking = false;

async function lookWhileWatched(): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (watched.size > 0) {
    await sleep(pauseMs);
    const startedMs = performance.now();
    const sums = await groupBytes().catch(() => new Map<number, number>());
    for (const [group, one] of watched) {
      one.peakBytes = Math.max(one.peakBytes, sums.get(group) ?? 0);
      if (one.peakBytes > one.maxBytes) one.onExcess();
    }
    pauseMs = Math.max(MIN_PAUSE_MS, (performance.now() - startedMs) / WATCH_SHARE);
  }
  looking = false;
}

/**
 * Looks at the memory of a group again and again, at all that are watched in one go, and says when it has more than `maxBytes`.
 * The returned function ends that, and gives the most that was seen: undefined when it was not looked at in time.
 */
export function watchGroup(leader: number, maxBytes: number, onExcess: () => void): () => number | undefined {
  const one: Watched = { maxBytes, onExcess, peakBytes: 0 };
  watched.set(leader, one);
  if (!looking) void lookWhileWatched();
  looking = true;
  return () => {
    watched.delete(leader);
    return one.peakBytes || undefined;
  };
}
