// One service of the stack as a container: started until it answers, stopped, killed, started again on the same port.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StackError } from '../errors.ts';
import type { Part } from '../local-stack.ts';
import { freePorts, isFree } from '../native/ports.ts';
import { docker, logsOf } from './engine.ts';
import { LoopbackContainer } from './loopback-container.ts';

const START_TIMEOUT_MS = 90_000;
/** S3 and SQS keep what they know only on an orderly end, which waits for long polls of 20 s. */
const STOP_TIMEOUT_SECONDS = 30;
const POLL_MS = 150;
const PORT_ATTEMPTS = 8;
const PORT_IN_USE = /port is already allocated|address already in use/i;
const LOG_TAIL_LINES = 15;

export interface ContainerSpec {
  /** What messages call it. */
  title: string;
  image: string;
  name: string;
  labels: readonly string[];
  /** Where its data is, and the volume that keeps it; without a name it ends with the container. */
  data: { path: string; volume: string | undefined };
  /** The port inside; without it the same as outside. */
  innerPort?: number;
  stopSignal?: 'SIGINT';
  command?: readonly string[];
  environment(port: number): Record<string, string>;
  preferredPorts: readonly number[] | undefined;
  /** Whether it answers; `log` gives what it wrote since it was started. */
  isReady(port: number, log: () => Promise<string>): Promise<boolean>;
}

export class Container implements Part {
  readonly #spec: ContainerSpec;
  #ports: readonly number[] = [];
  #pid: number | undefined;

  constructor(spec: ContainerSpec) {
    this.#spec = spec;
  }

  /** Of the process as the engine's machine knows it. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  async start(): Promise<void> {
    if (this.#pid !== undefined) return;
    const [settled] = this.#ports;
    for (let attempt = 1; ; attempt++) {
      const port = settled ?? (await this.#choosePort(attempt));
      try {
        await (settled === undefined ? this.#run(port) : docker(['start', this.#spec.name]));
        await this.#untilReady(port);
        this.#ports = [port];
        return;
      } catch (error) {
        if (!PORT_IN_USE.test(messageOf(error))) throw error;
        if (attempt === PORT_ATTEMPTS) {
          throw new StackError(
            `${this.#spec.title} found its port (${port}) in use ${attempt} times. What to do: end the program that ` +
              'listens there, or start the stack again to have another port chosen.',
          );
        }
        if (settled === undefined) await docker(['rm', '--force', '--volumes', this.#spec.name]);
        else await sleep(500); // addresses must not change: wait for the port to be given back
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#pid === undefined) return;
    await docker(['stop', '--time', String(STOP_TIMEOUT_SECONDS), this.#spec.name]);
    this.#pid = undefined;
  }

  async kill(): Promise<void> {
    if (this.#pid === undefined) return;
    const { name } = this.#spec;
    const { running } = await this.#state();
    if (running) await docker(['kill', name]);
    await docker(['wait', name]);
    this.#pid = undefined;
  }

  async freeze(): Promise<void> {
    await docker(['pause', this.#spec.name]);
  }

  async thaw(): Promise<void> {
    await docker(['unpause', this.#spec.name]);
  }

  async #choosePort(attempt: number): Promise<number> {
    const [preferred] = this.#spec.preferredPorts ?? [];
    if (attempt === 1 && preferred !== undefined && (await isFree(preferred))) return preferred;
    const [port = 0] = await freePorts(1);
    return port;
  }

  async #run(port: number): Promise<void> {
    const { name, image, labels, data, innerPort = port, stopSignal, command = [] } = this.#spec;
    const environment = this.#spec.environment(port);
    const labelFlags = labels.flatMap((label) => ['--label', label]);
    if (data.volume) await docker(['volume', 'create', ...labelFlags, data.volume]);
    await new LoopbackContainer({
      image,
      name,
      labels,
      environment,
      command,
      port: { inner: innerPort, outer: port },
      volume: data.volume ? { name: data.volume, path: data.path } : undefined,
      stopSignal,
    }).start();
  }

  async #untilReady(port: number): Promise<void> {
    const { title, name } = this.#spec;
    const { pid, startedAt } = await this.#state();
    this.#pid = pid;
    const log = () => logsOf(name, startedAt);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (await this.#spec.isReady(port, log).catch(() => false)) return;
      if (!(await this.#state()).running) {
        this.#pid = undefined;
        throw new StackError(`${title} ended while starting. The end of its log:\n${tail(await log())}`);
      }
      await sleep(POLL_MS);
    }
    const text = await log();
    await this.kill();
    throw new StackError(
      `${title} did not answer within ${START_TIMEOUT_MS / 1000} s. The end of its log:\n${tail(text)}`,
    );
  }

  async #state(): Promise<{ running: boolean; pid: number; startedAt: string }> {
    const { Running, Pid, StartedAt } = JSON.parse(
      await docker(['inspect', '--format', '{{json .State}}', this.#spec.name]),
    );
    return { running: Running, pid: Pid, startedAt: StartedAt };
  }
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
