import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServiceTopics } from './lab.ts';
import { type Usage, usageOf } from './process-usage.ts';

/** A line that a measured process wrote: JSON, as the service logs and the peers report. */
export type Line = Readonly<Record<string, unknown>>;

/** A process that is measured from outside: it writes JSON lines, one of which says that it is ready. */
export class Subject {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  readonly #listeners = new Set<() => void>();
  #stderr = '';
  #ended: string | undefined;

  /** `file` is relative to this folder. */
  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', path, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#add(line));
    }
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + String(chunk)).slice(-2_000);
    });
    this.#child.on('exit', (code, signal) => {
      this.#ended = `${file} ended with ${code ?? signal}: ${this.#stderr}`;
      this.#notify();
    });
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  usage(): Usage {
    return usageOf(this.#pid());
  }

  /** Resolves when `count` lines have this message; throws when the process ends before or the time is over. */
  async until(message: string, count: number, withinMs: number): Promise<void> {
    const timeout = AbortSignal.timeout(withinMs);
    const seen = () => this.#lines.filter(({ msg }) => msg === message).length;
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
      if (typeof parsed === 'object' && parsed !== null) this.#lines.push({ ...parsed });
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
  return new Subject('../src/main.ts', ['start'], {
    ...environment,
    APPLICATION_ID: topics.stream,
    ROLES: 'develop',
    TOPIC_UPLOADS: topics.uploads,
    TOPIC_STREAM: topics.stream,
    TOPIC_STATS: topics.stats,
    TOPIC_DEAD_LETTER: topics.letters,
    HTTP_PORT: '0',
    // It is frozen while its backlog is written; nobody must take it for dead meanwhile.
    SESSION_TIMEOUT: '300s',
    ...settings,
  });
}
