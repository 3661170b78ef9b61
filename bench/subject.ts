import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServiceTopics } from './lab.ts';
import { peakBytesOf, type Usage, usageOf } from './process-usage.ts';

/** A line that a measured process wrote: JSON, as the service logs and the peers report. */
export type Line = Readonly<Record<string, unknown>>;

export interface Program {
  /** What messages call it. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** A file of this folder, run by this Node. */
export const nodeProgram = (file: string, ...args: readonly string[]): Program => ({
  title: file,
  command: process.execPath,
  args: ['--disable-warning=TimeoutNegativeWarning', fileURLToPath(new URL(file, import.meta.url)), ...args],
});

/** The command as its users have it: with the flags for Node that bin/launch.mjs gave to the bench too. */
const service = (): Program => {
  const { args, ...program } = nodeProgram('../src/main.ts', 'start');
  return { ...program, args: [...process.execArgv, ...args] };
};

/** A process that is measured from outside: it writes JSON lines, one of which says that it is ready. */
export class Subject {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  /** Lines by their message. */
  readonly #counts = new Map<unknown, number>();
  readonly #listeners = new Set<() => void>();
  #stderr = '';
  #ended: string | undefined;

  constructor({ title, command, args }: Program, env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endWithUs = () => this.#child.kill('SIGKILL');
    process.once('exit', endWithUs);
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#add(line));
    }
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + String(chunk)).slice(-2_000);
    });
    this.#child.on('exit', (code, signal) => {
      process.off('exit', endWithUs);
      this.#ended = `${title} ended with ${code ?? signal}: ${this.#stderr}`;
      this.#notify();
    });
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  usage(): Usage {
    return usageOf(this.#pid());
  }

  /** The most that was resident of it so far. */
  peakBytes(): number {
    return peakBytesOf(this.#pid());
  }

  requireRunning(): void {
    if (this.#ended) throw new Error(this.#ended);
  }

  /** Resolves when `count` lines have this message; throws when the process ends before or the time is over. */
  async until(message: string, count: number, withinMs: number): Promise<void> {
    const timeout = AbortSignal.timeout(withinMs);
    const seen = () => this.#counts.get(message) ?? 0;
    while (seen() < count) {
      if (this.#ended) throw new Error(`${this.#ended}\n${JSON.stringify(this.#lines.at(-1))}`);
      if (timeout.aborted) throw new Error(`${seen()} of ${count} "${message}" within ${withinMs} ms`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#listeners.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 1_000);
        this.#listeners.add(wake);
      });
    }
  }

  /** Stops it where it stands, so that a backlog can be laid before it without its taking part. */
  freeze(): void {
    process.kill(this.#pid(), 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.#pid(), 'SIGCONT');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await exited;
    clearTimeout(hard);
  }

  #pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process could not be started');
    return this.#child.pid;
  }

  #add(line: string): void {
    try {
      const parsed: unknown = JSON.parse(line);
      if (typeof parsed === 'object' && parsed !== null) {
        const line: Line = { ...parsed };
        this.#lines.push(line);
        this.#counts.set(line.msg, (this.#counts.get(line.msg) ?? 0) + 1);
      }
    } catch {
      // not a line for us
    }
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** `darkroom start` on topics of its own. Its partitions are its parallelism over the fetches, not over the images. */
export function startDarkroom(
  environment: Readonly<Record<string, string>>,
  topics: ServiceTopics,
  settings: Readonly<Record<string, string>> = {},
): Subject {
  return new Subject(service(), {
    ...environment,
    APPLICATION_ID: topics.stream,
    ROLES: 'develop',
    TOPIC_UPLOADS: topics.uploads,
    TOPIC_STREAM: topics.stream,
    TOPIC_STATS: topics.stats,
    TOPIC_DEAD_LETTER: topics.letters,
    TOPIC_POLICIES: topics.policies,
    HTTP_PORT: '0',
    // It is frozen while its backlog is written; nobody must take it for dead meanwhile.
    SESSION_TIMEOUT: '300s',
    ...settings,
  });
}
