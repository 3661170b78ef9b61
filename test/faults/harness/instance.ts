import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const KEPT_LINES = 40;
const READY_TIMEOUT_MS = 60_000;

/**
 * A process that faults are done to: `darkroom start`, or another file of this project that says `"msg":"ready"`. Comes up
 * again, as a container would, only when told.
 */
export class Instance {
  readonly name: string;
  /** What ended without our doing, with its last words. */
  readonly surprises: string[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #program: readonly string[];
  #child: ChildProcess | undefined;
  #lines: string[] = [];
  #expected = false;

  constructor(
    name: string,
    env: Readonly<Record<string, string>>,
    program: readonly string[] = [MAIN, 'start'],
  ) {
    this.name = name;
    this.#env = env;
    this.#program = program;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the process says that it is ready. */
  async start(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...this.#program], {
      env: { PATH, HOME, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endWithUs = () => child.kill('SIGKILL');
    process.on('exit', endWithUs);
    this.#child = child;
    this.#expected = false;
    this.#lines = [];
    const ready = Promise.withResolvers<void>();
    const keep = (line: string) => {
      this.#lines.push(line);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      if (line.includes('"msg":"ready"')) ready.resolve();
    };
    createInterface({ input: child.stdout }).on('line', keep);
    createInterface({ input: child.stderr }).on('line', keep);
    child.on('exit', (code, signal) => {
      process.off('exit', endWithUs);
      if (this.#child === child) this.#child = undefined;
      if (!this.#expected)
        this.surprises.push(`${this.name} ended by itself (${code ?? signal})\n${this.words()}`);
      ready.reject(new Error(`${this.name} ended before it was ready (${code ?? signal})\n${this.words()}`));
    });
    const timer = setTimeout(() => {
      ready.reject(new Error(`${this.name} is not ready after ${READY_TIMEOUT_MS} ms\n${this.words()}`));
    }, READY_TIMEOUT_MS);
    try {
      await ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** SIGKILL to the process; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; resolves to the exit code when the process is gone. */
  async terminate(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** The last lines it wrote. */
  words(): string {
    return this.#lines.map((line) => `    ${line}`).join('\n');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    this.#expected = true;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}
