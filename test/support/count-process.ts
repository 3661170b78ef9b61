import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './engine-lab.ts';

const PROGRAM = fileURLToPath(new URL('./count-instance.ts', import.meta.url));

interface Said {
  readonly state: string;
  readonly restored?: number;
  readonly tasks?: number;
  readonly error?: string;
}

/** A process that runs the counting topology. */
export class CountProcess {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;

  private constructor(options: object) {
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=TimeoutNegativeWarning', PROGRAM, JSON.stringify(options)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.said.push(JSON.parse(line)));
  }

  /** Resolves when it has said that it runs so many tasks. */
  static async start(options: object, tasks: number): Promise<CountProcess> {
    const started = new CountProcess(options);
    await started.runs(tasks);
    return started;
  }

  async runs(tasks: number): Promise<Said> {
    let found: Said | undefined;
    await until(`a process runs ${tasks} tasks`, () => {
      found = this.said.findLast((line) => line.tasks === tasks);
      return found !== undefined || this.#child.exitCode !== null;
    });
    if (!found) throw new Error(`the process has ended: ${JSON.stringify(this.said)}`);
    return found;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** Ends it in order. */
  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
