import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));

interface ProcessState {
  readonly parent: number;
  /** With that of its children that have ended. */
  readonly cpuMs: number;
  readonly ownCpuMs: number;
  readonly residentBytes: number;
}

/** What a process and all its descendants use. Linux only: there is no other place that knows of ended children. */
export interface Usage {
  /** User and system time, of children that have ended too. */
  readonly cpuMs: number;
  /** Of that, the process' own. */
  readonly mainCpuMs: number;
  /** Resident bytes of the process itself. */
  readonly mainBytes: number;
  /** Resident bytes of each descendant. */
  readonly childBytes: readonly number[];
}

export function usageOf(pid: number): Usage {
  const all = processes();
  const main = all.get(pid);
  if (!main) throw new Error(`process ${pid} has ended`);
  const below = new Set([pid]);
  // A child's id may be lower than its parent's once ids have wrapped: repeated until nothing is added.
  for (let known = 0; known !== below.size; ) {
    known = below.size;
    for (const [id, { parent }] of all) if (below.has(parent)) below.add(id);
  }
  const states = [...below].flatMap((id) => all.get(id) ?? []);
  return {
    cpuMs: states.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    mainCpuMs: main.ownCpuMs,
    mainBytes: main.residentBytes,
    childBytes: states.filter((state) => state !== main).map(({ residentBytes }) => residentBytes),
  };
}

/** The high-water mark that Linux keeps of a process itself. */
export function peakBytesOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}

function processes(): Map<number, ProcessState> {
  const found = new Map<number, ProcessState>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // proc(5): after the command's closing bracket come state (3), ppid (4) … utime, stime, cutime, cstime (14 to 17), rss (24).
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const [own = 0, all = 0] = [13, 15].map((end) =>
        fields.slice(11, end).reduce((sum, value) => sum + value, 0),
      );
      found.set(Number(name), {
        parent: fields[1] ?? 0,
        cpuMs: (all * 1000) / TICKS_PER_SECOND,
        ownCpuMs: (own * 1000) / TICKS_PER_SECOND,
        residentBytes: (fields[21] ?? 0) * PAGE_BYTES,
      });
    } catch {
      // it has ended meanwhile
    }
  }
  return found;
}
