import { isGenerated } from '../graph/explicit-names.ts';
import type { StreamClock } from '../stores/bytes.ts';

/** Windowed nodes keep two: see `operators/emit-on-close.ts`. */
const OF_NODE = /^(.+)\/(?:observed|emitted)$/;

/**
 * Recovered clocks without those of windowed nodes and stores that the topology had once: they would be committed for ever, and fill
 * what a broker keeps with an offset. Any other name stays, for a processor may ask for its clocks at any time.
 */
export function withoutGone(
  recovered: ReadonlyMap<string, number>,
  here: { readonly nodes: ReadonlySet<string>; readonly stores: ReadonlySet<string> },
): ReadonlyMap<string, number> {
  const isGone = (name: string) => {
    const node = OF_NODE.exec(name)?.[1];
    return node === undefined ? isGenerated(name) && !here.stores.has(name) : !here.nodes.has(node);
  };
  return new Map([...recovered].filter(([name]) => !isGone(name)));
}

class NamedClock implements StreamClock {
  timeMs: number;
  /** As of the last turn that is over. */
  closedMs: number;

  constructor(timeMs: number) {
    this.timeMs = timeMs;
    this.closedMs = timeMs;
  }

  advance(timeMs: number): void {
    if (timeMs > this.timeMs) this.timeMs = timeMs;
  }
}

/**
 * The clocks of a task's stores and windowed nodes, and the stream time of the task itself. They stay where a failed record
 * has put them: it was read, whatever became of it.
 */
export class Clocks {
  readonly #named = new Map<string, NamedClock>();
  /** The same, for the loops that each turn takes. */
  readonly #all: NamedClock[] = [];
  readonly #recovered: ReadonlyMap<string, number>;
  /** The highest record time seen, ms; -1 before the first. */
  streamTimeMs: number;
  #closedStreamTimeMs: number;

  constructor(streamTimeMs: number, recovered: ReadonlyMap<string, number>) {
    this.streamTimeMs = streamTimeMs;
    this.#closedStreamTimeMs = streamTimeMs;
    this.#recovered = recovered;
  }

  get(name: string): StreamClock {
    const known = this.#named.get(name);
    if (known) return known;
    const clock = new NamedClock(this.#recovered.get(name) ?? -1);
    this.#named.set(name, clock);
    this.#all.push(clock);
    return clock;
  }

  /** Whether any has moved since the last turn that is over. */
  get moved(): boolean {
    return (
      this.streamTimeMs > this.#closedStreamTimeMs || this.#all.some((clock) => clock.timeMs > clock.closedMs)
    );
  }

  close(): void {
    this.#closedStreamTimeMs = this.streamTimeMs;
    for (const clock of this.#all) clock.closedMs = clock.timeMs;
  }

  /** As of the last turn that is over. Recovered clocks that nothing has asked for yet are kept. */
  snapshot(): { readonly streamTimeMs: number; readonly clocks: ReadonlyMap<string, number> } {
    const clocks = new Map(this.#recovered);
    for (const [name, { closedMs }] of this.#named) if (closedMs >= 0) clocks.set(name, closedMs);
    return { streamTimeMs: this.#closedStreamTimeMs, clocks };
  }
}
