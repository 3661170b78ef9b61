// `darkroom start` on the stack, as a process of its own: what the demo shows is the real thing.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StackError } from '../stack/errors.ts';
import { baseEnvironment, Guard } from '../stack/native/guard.ts';
import type { Stack } from '../stack/stack.ts';

// the same kind of file as this one: TypeScript in a checkout, JavaScript in the package
const main = fileURLToPath(new URL(`../../src/main${extname(import.meta.url)}`, import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const LOG_TAIL_LINES = 10;

export interface Service {
  /** Address of health and metrics. */
  readonly http: string;
  /** Throws when the service has ended by itself. */
  check(): Promise<void>;
  /** SIGTERM, and waits for its orderly end. */
  stop(): Promise<void>;
}

/**
 * Starts the service and resolves when it says that it is ready. It ends when this process does.
 * @param settings variables beside the stack's, as `darkroom start --help` lists them
 */
export async function startService(
  stack: Stack,
  log: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  await rm(log, { force: true });
  const guard = new Guard(undefined);
  const child = await guard.start({
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', main, 'start'],
    env: { ...baseEnvironment(), ...stack.environment(), HTTP_PORT: '0', ...settings },
    cwd: root,
    log,
  });
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  const read = async () => (existsSync(log) ? await readFile(log, 'utf8') : '');
  const problem = async (what: string) => {
    const tail = (await read()).trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
    return new StackError(`darkroom start ${what}. The end of its log (${log}):\n${tail}`);
  };
  const stop = async () => {
    await guard.end();
    const exit = await child.exited;
    if (exit !== 0) throw await problem(`did not end in order (${exit})`);
  };
  const check = async () => {
    if (ended) throw await problem('has ended by itself');
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  try {
    for (;;) {
      const http = readyAddress(await read());
      if (http) return { http, check, stop };
      await check();
      if (Date.now() > deadline) {
        throw new StackError(`darkroom start was not ready within ${START_TIMEOUT_MS / 1000} s; see ${log}`);
      }
      await sleep(50);
    }
  } catch (error) {
    await guard.end();
    throw error;
  }
}

function readyAddress(log: string): string | undefined {
  const line = log.split('\n').find((text) => text.includes('"msg":"ready"'));
  return line === undefined ? undefined : JSON.parse(line).http;
}
