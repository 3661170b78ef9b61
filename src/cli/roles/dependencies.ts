import { untilReached } from '../until-reached.ts';

/** Something outside that is not to be reached, and since when, ms since the epoch. */
export interface Trouble {
  readonly reason: string;
  readonly sinceMs: number;
}

/** A service that a role stands on. */
export interface Dependency {
  /** As health and metrics call it. */
  readonly name: string;
  /** Resolves once the service is there and usable; rejects with a StreamsError of disposition `retry` to be called again. */
  reach(signal: AbortSignal): Promise<void>;
  /** Undefined while all is well; what the role has noticed since. */
  trouble?(): Trouble | undefined;
}

/** What keeps a role from its work: what it waits for at its start, and what has gone away since. */
export class Dependencies {
  readonly #all: readonly Dependency[];
  readonly #waiting = new Map<string, Trouble>();

  constructor(all: readonly Dependency[]) {
    this.#all = all;
  }

  /** Resolves when every one has been reached; rejects at once with an error that waiting does not heal. */
  async reachAll(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map(({ name, reach }) => this.reach(name, () => reach(signal), signal)));
  }

  /** The same for one further step that depends on `name`. */
  async reach(name: string, attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const onWait = ({ message }: Error) => {
      this.#waiting.set(name, {
        reason: message,
        sinceMs: this.#waiting.get(name)?.sinceMs ?? Date.now(),
      });
    };
    await untilReached(attempt, { signal, onWait });
    this.#waiting.delete(name);
  }

  /** What is in trouble now, by name. */
  troubled(): ReadonlyMap<string, Trouble> {
    const now = new Map(this.#waiting);
    for (const { name, trouble } of this.#all) {
      const found = trouble?.();
      if (found && !now.has(name)) now.set(name, found);
    }
    return now;
  }

  causes(): readonly string[] {
    return [...this.troubled()].map(
      ([name, { reason, sinceMs }]) =>
        `${name} unreachable since ${new Date(sinceMs).toISOString()}: ${reason}`,
    );
  }
}
