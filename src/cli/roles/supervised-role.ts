import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observability/logger.ts';
import type { Probe } from '../../observability/metrics.ts';
import { errorFields } from '../error-fields.ts';
import { stopped } from '../stopped.ts';
import type { Role } from './role.ts';

const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = 60_000;
/** For what is left of a role that has failed. */
const CLOSE_MS = 10_000;

/**
 * A role among others. What keeps it from starting ends the process: somebody has set it up wrongly and is looking. When it
 * fails after that the others go on, and it is made and started anew until it stays.
 */
export class SupervisedRole {
  readonly name: string;
  readonly #make: () => Role;
  readonly #logger: Logger;
  #role: Role;
  #failure: Error | undefined;

  constructor(name: string, make: () => Role, logger: Logger) {
    this.name = name;
    this.#make = make;
    this.#logger = logger;
    this.#role = make();
  }

  /** Resolves when the role is ready; rejects with what keeps it from that. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#role.start(signal), this.#role.failed]);
    this.#logger.info({}, 'the role is ready');
  }

  /** Rejects when the role, which runs, has failed. */
  failed(): Promise<never> {
    return this.#role.failed;
  }

  /** Begins the role, which runs, anew whenever it fails; resolves when the signal fires. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failure = await Promise.race([this.#role.failed.catch(asError), stopped(signal)]);
      if (failure) await this.#beginAnew(failure, signal);
    }
  }

  /** Ends the role in order, if it can; never rejects. */
  async close(timeoutMs: number): Promise<void> {
    await this.#role.close(timeoutMs).catch((error: unknown) => {
      this.#logger.warn(errorFields(error, this.#debug), 'the role has not ended in order');
    });
  }

  health(): ReturnType<Role['health']> {
    const { ready, causes } = this.#role.health();
    if (!this.#failure) return { ready, causes };
    return { ready: false, causes: [`has failed and is begun anew: ${this.#failure.message}`, ...causes] };
  }

  probes(): readonly Probe[] {
    return this.#role.probes();
  }

  get #debug(): boolean {
    return this.#logger.isLevelEnabled('debug');
  }

  async #beginAnew(first: Error, signal: AbortSignal): Promise<void> {
    let failure: Error | undefined = first;
    for (let attempts = 0; failure; attempts++) {
      this.#failure = failure;
      this.#logger.error(errorFields(failure, this.#debug), 'the role has failed and is begun anew');
      await this.close(CLOSE_MS);
      const ceilingMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 10));
      await delay(ceilingMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      failure = await this.#tryAgain(signal).catch(asError);
      if (signal.aborted) return;
    }
    this.#failure = undefined;
  }

  async #tryAgain(signal: AbortSignal): Promise<undefined> {
    this.#role = this.#make();
    await this.start(signal);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
