// The parent's end of guard.mjs, which owns every process of a stack.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StackError } from '../errors.ts';

export interface Command {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** What asks it to end in order, where that is not SIGTERM. */
  stopSignal?: 'SIGINT';
  /** File that standard output and standard error are appended to. */
  log: string;
}

/** What is run when all processes have ended. */
export interface LastCommand {
  command: string;
  args: readonly string[];
  /** Beside what every process has. */
  env: Record<string, string | undefined>;
}

export type Exit = number | NodeJS.Signals;

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when it has ended, with its exit code or the signal that ended it. */
  readonly exited: Promise<Exit>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

type GuardMessage =
  | { type: 'spawned'; id: string; pid: number }
  | { type: 'failed'; id: string; message: string }
  | { type: 'exited'; id: string; code: number | null; signal: NodeJS.Signals | null };

interface Pending {
  spawned: PromiseWithResolvers<number>;
  exited: PromiseWithResolvers<Exit>;
  pid?: number;
}

export class Guard {
  readonly #process: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #children = new Map<string, Pending>();
  #count = 0;

  /** @param temporaryFolder removed after the last process has ended */
  constructor(temporaryFolder: string | undefined) {
    const file = fileURLToPath(new URL('../guard.mjs', import.meta.url));
    // detached: a terminal's Ctrl-C must not reach the one who cleans up after it
    this.#process = spawn(process.execPath, [file], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: baseEnvironment(),
    });
    this.#gone = new Promise((resolve) => this.#process.once('exit', () => resolve()));
    void this.#gone.then(() => this.#killOrphans());
    this.#process.on('message', (message: GuardMessage) => this.#receive(message));
    if (temporaryFolder) this.#process.send({ type: 'folder', folder: temporaryFolder });
  }

  async start(command: Command): Promise<GuardedProcess> {
    const id = String(this.#count++);
    const pending: Pending = { spawned: Promise.withResolvers(), exited: Promise.withResolvers() };
    this.#children.set(id, pending);
    this.#process.send({ type: 'start', id, ...command });
    const pid = await pending.spawned.promise;
    return {
      pid,
      exited: pending.exited.promise,
      signal: (signal) => {
        if (this.#process.connected) this.#process.send({ type: 'signal', id, signal });
      },
    };
  }

  /** Has a command run after the last process has ended, however that comes about. */
  last(command: LastCommand): void {
    this.#process.send({ type: 'last', ...command });
  }

  /** Ends all processes in order, removes the temporary folder; resolves when that is done. */
  async end(): Promise<void> {
    if (this.#process.connected) this.#process.send({ type: 'end' });
    await this.#gone;
  }

  #receive(message: GuardMessage) {
    const child = this.#children.get(message.id);
    if (!child) return;
    if (message.type === 'spawned') {
      child.pid = message.pid;
      child.spawned.resolve(message.pid);
    } else if (message.type === 'failed') {
      child.spawned.reject(new StackError(`A process could not be started: ${message.message}`));
    } else {
      this.#children.delete(message.id);
      child.exited.resolve(message.code ?? message.signal ?? 'SIGKILL');
    }
  }

  /** Should somebody kill the guard itself, its children are ended from here. */
  #killOrphans() {
    for (const { pid, spawned, exited } of this.#children.values()) {
      spawned.reject(
        new StackError('The process that guards the local stack has ended. Start the stack again.'),
      );
      spawned.promise.catch(() => {});
      if (pid !== undefined) {
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // ended already
        }
      }
      exited.resolve('SIGKILL');
    }
    this.#children.clear();
  }
}

/** What every process needs of ours; nothing else, so that a user's variables do not configure the stack. */
export function baseEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'JAVA_HOME', 'TZ'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
