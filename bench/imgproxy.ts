import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../dev/stack/native/ports.ts';
import type { Measured } from './measured.ts';
import { usageOf } from './process-usage.ts';

const WARM_UP = 8;
const READY_WITHIN_MS = 20_000;

/**
 * The same work by imgproxy (the program that IMGPROXY_BIN names), over HTTP on loopback from files of `folder`, as many
 * requests at once as there are cores. Its CPU is its own; whoever asks is not counted.
 */
export async function imgproxy(
  program: string,
  folder: string,
  names: readonly string[],
  { format, quality }: { readonly format: string; readonly quality: number },
): Promise<Measured & { readonly bytesOut: number }> {
  const [port = 0] = await freePorts(1);
  const child = spawn(program, [], {
    env: {
      PATH: process.env.PATH ?? '',
      IMGPROXY_BIND: `127.0.0.1:${port}`,
      IMGPROXY_LOCAL_FILESYSTEM_ROOT: folder,
      IMGPROXY_LOG_LEVEL: 'error',
      IMGPROXY_MAX_SRC_RESOLUTION: '50',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const base = `http://127.0.0.1:${port}`;
  let bytesOut = 0;
  const get = async (name: string): Promise<void> => {
    const answer = await fetch(
      `${base}/insecure/rs:fit:512:512/q:${quality}/plain/local:///${name}@${format}`,
    );
    if (!answer.ok) throw new Error(`imgproxy answered ${answer.status}: ${await answer.text()}`);
    bytesOut += (await answer.arrayBuffer()).byteLength;
  };
  try {
    await ready(base);
    for (const name of names.slice(0, WARM_UP)) await get(name);
    bytesOut = 0;
    const pid = child.pid ?? 0;
    const before = usageOf(pid);
    const startedMs = performance.now();
    const queue = names.values();
    await Promise.all(
      Array.from({ length: availableParallelism() }, async () => {
        for (const name of queue) await get(name);
      }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    const after = usageOf(pid);
    const cpuMs = after.cpuMs - before.cpuMs;
    const usage = { images: names.length, seconds, cpuMs, mainCpuMs: cpuMs, peakBytes: after.mainBytes };
    return { name: `imgproxy, ${format}`, ...usage, durationsMs: [], bytesOut };
  } finally {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', endWithUs);
  }
}

async function ready(base: string): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${base}/health`).catch(() => undefined);
    if (answer?.ok) return;
    if (performance.now() > untilMs) throw new Error(`imgproxy does not answer on ${base}`);
    await delay(100);
  }
}
