// One service of the stack: a process with ports and a log, started until it answers, stopped, killed, started again.
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StackError } from '../errors.ts';
import type { Component } from '../types.ts';
import type { Command, Guard, GuardedProcess } from './guard.ts';
import { freePorts, isFree } from './ports.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 25;
const PORT_ATTEMPTS = 8;
const PORT_IN_USE =
  /address (is )?already in use|BindException|EADDRINUSE|Errno 98\b|port \d+ (is )?already in use/i;
const LOG_TAIL_LINES = 15;

export interface ServiceSpec {
  /** What messages call it: `Kafka 4.3.1`. */
  title: string;
  log: string;
  portCount: number;
  /** Ports of an earlier run on the same folder, taken again if they are all free. */
  preferredPorts?: readonly number[];
  /** Writes what the process reads, and says how to run it on these ports. */
  prepare(ports: readonly number[]): Promise<Omit<Command, 'log'>>;
  /** Whether it answers; `log` is what it wrote since it was started. */
  isReady(ports: readonly number[], log: string): Promise<boolean>;
}

export class Service implements Component {
  readonly #guard: Guard;
  readonly #spec: ServiceSpec;
  #ports: readonly number[] = [];
  #process: GuardedProcess | undefined;

  constructor(guard: Guard, spec: ServiceSpec) {
    this.#guard = guard;
    this.#spec = spec;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Fixed by the first successful start. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  async start(): Promise<void> {
    if (this.#process) return;
    const settled = this.#ports.length > 0;
    for (let attempt = 1; ; attempt++) {
      const ports = settled ? this.#ports : await this.#choosePorts(attempt);
      const outcome = await this.#attempt(ports);
      if (outcome === 'ready') {
        this.#ports = ports;
        return;
      }
      if (attempt === PORT_ATTEMPTS) {
        throw new StackError(
          `${this.#spec.title} found its ports (${ports.join(', ')}) in use ${attempt} times. What to do: end the ` +
            'program that listens there, or start the stack again to have other ports chosen.',
        );
      }
      if (settled) await sleep(500); // addresses must not change: wait for the port to be given back
    }
  }

  async stop(timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
    const running = this.#process;
    if (!running) return;
    running.signal('SIGTERM');
    const timer = setTimeout(() => running.signal('SIGKILL'), timeoutMs);
    await running.exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    const running = this.#process;
    running?.signal('SIGKILL');
    await running?.exited;
  }

  async freeze(): Promise<void> {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGCONT');
  }

  async #choosePorts(attempt: number): Promise<readonly number[]> {
    const { preferredPorts, portCount } = this.#spec;
    if (attempt === 1 && preferredPorts?.length === portCount) {
      const free = await Promise.all(preferredPorts.map(isFree));
      if (free.every(Boolean)) return preferredPorts;
    }
    return freePorts(portCount);
  }

  async #attempt(ports: readonly number[]): Promise<'ready' | 'port in use'> {
    const { title, log, prepare, isReady } = this.#spec;
    const logStart = await stat(log).then(
      ({ size }) => size,
      () => 0,
    );
    const written = async () => (await readFile(log)).subarray(logStart).toString();
    const running = await this.#guard.start({ ...(await prepare(ports)), log });
    this.#process = running;
    let ended = false;
    void running.exited.then(() => {
      ended = true;
      if (this.#process === running) this.#process = undefined;
    });
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (ended) {
        const text = await written();
        if (PORT_IN_USE.test(text)) return 'port in use';
        throw new StackError(`${title} ended while starting. The end of its log:\n${tail(text)}`);
      }
      if (await isReady(ports, await written()).catch(() => false)) return 'ready';
      await sleep(POLL_MS);
    }
    const text = await written();
    await this.kill();
    throw new StackError(
      `${title} did not answer within ${START_TIMEOUT_MS / 1000} s. The end of its log:\n${tail(text)}`,
    );
  }
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

/** Whether a GET of `url` gives a 2xx within 2 s; otherwise why not. */
export async function answers(url: string): Promise<{ healthy: boolean; cause?: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok ? { healthy: true } : { healthy: false, cause: `HTTP ${response.status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { healthy: false, cause: messageOf(cause) };
  }
}
