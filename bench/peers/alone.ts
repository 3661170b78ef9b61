// What a program that works alone has in common with the others: all images in memory, as many at once as there are cores.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { usageOf } from '../process-usage.ts';
import { say } from './work.ts';

const WARM_UP = 8;

/** Develops the files and says what that took, of this process and of those that it started. */
export async function developAll(
  files: readonly string[],
  develop: (bytes: Buffer) => Promise<unknown>,
): Promise<void> {
  const images = await Promise.all(files.map((file) => readFile(file)));
  const atOnce = async (queue: Iterator<Buffer> & Iterable<Buffer>): Promise<void> => {
    await Promise.all(
      Array.from({ length: availableParallelism() }, async () => {
        for (const bytes of queue) await develop(bytes);
      }),
    );
  };
  // As many at once as later: each worker has begun before anything is measured.
  await atOnce(images.slice(0, WARM_UP).values());
  const startedMs = performance.now();
  const before = usageOf(process.pid);
  await atOnce(images.values());
  const seconds = (performance.now() - startedMs) / 1000;
  const after = usageOf(process.pid);
  say({
    msg: 'done',
    images: images.length,
    seconds,
    cpuMs: after.cpuMs - before.cpuMs,
    mainCpuMs: after.mainCpuMs - before.mainCpuMs,
    residentBytes: after.mainBytes + after.childBytes.reduce((sum, bytes) => sum + bytes, 0),
  });
}
