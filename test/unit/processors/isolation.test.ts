import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/processors/guard/guard.ts';
import { createDarkroom, type DarkroomOptions } from '../../../src/processors/isolation/isolation.ts';
import { residentBytes } from '../../../src/processors/isolation/resident-memory.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { Darkroom } from '../../../src/processors/types.ts';

const plugIn = (name: string) => join(import.meta.dirname, 'plug-ins', `${name}.ts`);
const grey = (level: number) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: { r: level, g: level, b: level } } })
    .png()
    .toBuffer();

const open: Darkroom[] = [];
const folders: string[] = [];

function darkroom(options: Partial<DarkroomOptions> = {}, plugInName?: string): Darkroom {
  const steps = plugInName ? [{ step: 'module' as const, path: plugIn(plugInName) }] : [];
  const made = createDarkroom({
    workers: 2,
    deadlineMs: 15_000,
    workerMemoryBytes: 1024 ** 3,
    limits: DEFAULT_LIMITS,
    pipelines: [{ ...STANDARD_PIPELINE, steps }],
    ...options,
  });
  open.push(made);
  return made;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolation-test-'));
  folders.push(folder);
  return folder;
}

function isAlive(pid: number): boolean {
  return spawnSync('kill', ['-0', String(pid)]).status === 0;
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.trim().split(/\s+/).filter(Boolean).map(Number);
}

async function until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('an image or plug-in that misbehaves', () => {
  it.each([
    ['hangs in a loop', 10, 'WORKER_TIMEOUT'],
    ['ends its process', 20, 'WORKER_CRASHED'],
    ['dies of a segmentation fault', 30, 'WORKER_CRASHED'],
    ['aborts', 70, 'WORKER_CRASHED'],
    ['eats memory in a loop', 40, 'WORKER_OUT_OF_MEMORY'],
    ['throws', 50, 'PLUGIN_FAILED'],
    ['refuses', 60, 'PLUGIN_REJECTED'],
  ])(
    '%s: fails alone, its neighbours finish',
    async (_what, level, code) => {
      const deadlineMs = code === 'WORKER_TIMEOUT' ? 2_500 : 20_000;
      const room = darkroom({ deadlineMs, workerMemoryBytes: 400 * 1024 * 1024 }, 'misbehave');
      const good = await grey(200);
      const bad = await grey(level);
      const results = await Promise.all(
        [good, bad, good, good, bad, good].map((bytes) => room.develop(bytes, {})),
      );
      expect(results.map((result) => (result.outcome === 'processed' ? 'processed' : result.code))).toEqual([
        'processed',
        code,
        'processed',
        'processed',
        code,
        'processed',
      ]);
      const refused = results[1];
      if (!refused || refused.outcome === 'processed') throw new Error('it was refused above');
      expect(refused.outcome).toBe(code === 'PLUGIN_REJECTED' ? 'rejected' : 'failed');
      expect(refused.facts).toMatchObject({
        format: 'png',
        bytes: bad.length,
        sha256: expect.stringMatching(/^\w{64}$/),
      });
      expect((await room.develop(good, {})).outcome).toBe('processed');
    },
    40_000,
  );
});

describe('a plug-in that leaks 32 MiB an image', () => {
  const MIB = 1024 * 1024;
  const IMAGES = 24;
  /** Memory is looked at every 50 ms; a fast machine leaks some images more until then. */
  const MOST_IMAGES = 2 * IMAGES;

  /** Every worker process that was seen, with the most that it held. */
  async function peaksOf(images: number, workerImages: number): Promise<{ peaks: number[]; ends: string[] }> {
    const before = childrenOf(process.pid);
    const room = darkroom({ workers: 1, workerMemoryBytes: 640 * MIB, workerImages }, 'misbehave');
    const leaking = await grey(80);
    const peaks = new Map<number, number>();
    const ends: string[] = [];
    for (let i = 0; i < images; i++) {
      const result = await room.develop(leaking, {});
      ends.push(result.outcome === 'processed' ? 'processed' : result.code);
      const workers = childrenOf(process.pid).filter((pid) => !before.includes(pid));
      for (const [pid, bytes] of await residentBytes(workers)) {
        peaks.set(pid, Math.max(bytes, peaks.get(pid) ?? 0));
      }
    }
    await room.close();
    return { peaks: [...peaks.values()], ends };
  }

  it('gives the memory back with each worker that is retired, and no image notices', async () => {
    const { peaks, ends } = await peaksOf(IMAGES, 4);
    expect(ends).toEqual(Array.from({ length: IMAGES }, () => 'processed'));
    expect(peaks.length).toBeGreaterThanOrEqual(IMAGES / 4 - 1);
    expect(Math.max(...peaks)).toBeLessThan((4 * 32 + 260) * MIB);
  }, 60_000);

  it('reaches the cap of memory where workers live long, at the cost of the image that is in then', async () => {
    const { ends } = await peaksOf(MOST_IMAGES, 1000);
    expect(ends).toContain('WORKER_OUT_OF_MEMORY');
    expect(ends.filter((end) => end === 'processed').length).toBeGreaterThan(MOST_IMAGES / 2);
  }, 60_000);
});

describe('the darkroom', () => {
  it('blames no image for the end of a worker that is retired while many are in flight', async () => {
    const room = darkroom({ workerImages: 1 });
    const good = await grey(200);
    const results = await Promise.all(Array.from({ length: 12 }, () => room.develop(good, {})));
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 12 }, () => 'processed'));
    expect(room.workers()).toBeLessThanOrEqual(2);
  }, 60_000);

  it("runs the company's step between decoding and the renditions", async () => {
    const result = await darkroom({}, 'invert').develop(await grey(250), {});
    if (result.outcome !== 'processed') throw new Error(result.reason);
    const { data } = await sharp(result.renditions[0]?.body).raw().toBuffer({ resolveWithObject: true });
    expect(data[0]).toBeLessThan(12);
  });

  it('refuses to start with a plug-in that is not there', () => {
    expect(() => darkroom({}, 'absent')).toThrow(expect.objectContaining({ code: 'PLUGIN_MISSING' }));
  });

  it('takes no worker for what needs no decoder', async () => {
    const room = darkroom();
    expect(await room.develop(Buffer.from('no image'), {})).toMatchObject({ code: 'FORMAT_UNKNOWN' });
    expect(room.workers()).toBe(0);
  });

  it('rejects a queued and a running image when they are called off, and goes on', async () => {
    const room = darkroom({ workers: 1 }, 'misbehave');
    const running = new AbortController();
    const queued = new AbortController();
    const first = room.develop(await grey(10), { signal: running.signal });
    const second = room.develop(await grey(200), { signal: queued.signal });
    const third = room.develop(await grey(200), {});
    queued.abort(new Error('second called off'));
    await expect(second).rejects.toThrow('second called off');
    setTimeout(() => running.abort(new Error('first called off')), 1_500);
    await expect(first).rejects.toThrow('first called off');
    expect((await third).outcome).toBe('processed');
  }, 20_000);

  it('hands no credentials of the service to its workers', async () => {
    process.env.AWS_SECRET_ACCESS_KEY_TEST = 'secret';
    try {
      const room = darkroom({ workers: 1 });
      await room.develop(await grey(200), {});
      const [worker] = childrenOf(process.pid);
      const { stdout } = spawnSync('ps', ['eww', '-o', 'command=', '-p', String(worker)], {
        encoding: 'utf8',
      });
      expect(stdout).toContain('MALLOC_ARENA_MAX=2');
      expect(stdout).not.toContain('AWS_SECRET');
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY_TEST;
    }
  });

  it('leaves no worker and no file when it is closed, also in the middle of a loop', async () => {
    const scratchFolder = temporaryFolder();
    const before = childrenOf(process.pid);
    const room = darkroom({ scratchFolder }, 'misbehave');
    await room.develop(await grey(200), {});
    const hanging = room.develop(await grey(10), {});
    const rejected = expect(hanging).rejects.toMatchObject({ code: 'DARKROOM_CLOSED' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const workers = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    expect(workers.length).toBeGreaterThan(0);
    await room.close();
    await rejected;
    expect(workers.filter(isAlive)).toEqual([]);
    expect(readdirSync(scratchFolder)).toEqual([]);
    await expect(room.develop(await grey(200), {})).rejects.toMatchObject({ code: 'DARKROOM_CLOSED' });
  });

  it('closes when somebody else has killed its idle workers, which do not heed the SIGTERM of a group', async () => {
    const before = childrenOf(process.pid);
    const room = darkroom();
    await room.develop(await grey(200), {});
    const [worker = 0] = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    process.kill(worker, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isAlive(worker)).toBe(true);
    process.kill(worker, 'SIGKILL');
    await until('it is gone', () => !isAlive(worker));
    await room.close();
  });

  it('leaves no worker behind when the service is killed, and the next one removes its files', async () => {
    const scratchFolder = temporaryFolder();
    const service = fork(join(import.meta.dirname, 'plug-ins', 'service.ts'), [
      scratchFolder,
      plugIn('misbehave'),
    ]);
    const pid = service.pid ?? 0;
    await new Promise((resolve) => service.once('message', resolve));
    await until('two workers hang', () => childrenOf(pid).length === 2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const workers = childrenOf(pid);
    service.kill('SIGKILL');
    await until('the workers have ended', () => !workers.some(isAlive), 5_000);
    expect(readdirSync(scratchFolder)).toHaveLength(1);
    mkdirSync(join(scratchFolder, 'somebody-elses'));
    darkroom({ scratchFolder });
    const left = readdirSync(scratchFolder);
    expect(left).toContain('somebody-elses');
    expect(left.some((name) => name.startsWith(`darkroom-${pid}-`))).toBe(false);
    expect(left).toHaveLength(2);
  }, 30_000);
});
