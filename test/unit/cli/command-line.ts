import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DARKROOM = fileURLToPath(new URL('../../../bin/darkroom.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the real command to its end, with an environment that holds nothing but a path and what is given; `stop` sends SIGTERM. */
export async function darkroom(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string; readonly stop?: AbortSignal } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [DARKROOM, ...args], {
    env: { PATH: process.env.PATH ?? '', ...options.env },
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.stop?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}
