import type { Health } from '../observability/http-server.ts';

/** Something outside that is not to be reached, and since when, ms since the epoch. */
export interface Trouble {
  readonly reason: string;
  readonly sinceMs: number;
}

/** Puts together what keeps the service from its work: what it waits for at start, and what has gone away since. */
export class ServiceHealth {
  readonly #notReached: Set<string>;
  readonly #waiting = new Map<string, Trouble>();
  readonly #watched = new Map<string, () => Trouble | undefined>();
  #engine: () => Health = () => ({ live: true, ready: false, state: 'STARTING', causes: ['state STARTING'] });

  /** `services`: what is to be reached at start. */
  constructor(services: readonly string[]) {
    this.#notReached = new Set(services);
  }

  /** From now on the engine's own health counts. */
  engine(health: () => Health): void {
    this.#engine = health;
  }

  watch(name: string, trouble: () => Trouble | undefined): void {
    this.#watched.set(name, trouble);
  }

  waits(name: string, reason: string): void {
    this.#waiting.set(name, { reason, sinceMs: this.#waiting.get(name)?.sinceMs ?? Date.now() });
  }

  reached(name: string): void {
    this.#waiting.delete(name);
    this.#notReached.delete(name);
  }

  /** Names of what is in trouble now. */
  troubled(): ReadonlyMap<string, Trouble> {
    const now = new Map(this.#waiting);
    for (const [name, trouble] of this.#watched) {
      const found = trouble();
      if (found && !now.has(name)) now.set(name, found);
    }
    return now;
  }

  now(): Health {
    const engine = this.#engine();
    const causes = [...this.troubled()].map(
      ([name, { reason, sinceMs }]) =>
        `${name} unreachable since ${new Date(sinceMs).toISOString()}: ${reason}`,
    );
    const all = [...causes, ...engine.causes];
    return {
      live: engine.live,
      ready: engine.ready && causes.length === 0,
      state: engine.state,
      causes: all,
    };
  }
}
