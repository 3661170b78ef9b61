import type { ProcessorContext } from '../graph/nodes.ts';
import type { StreamClock } from '../stores/bytes.ts';

/** The clocks of a windowed node; names of nodes have no "/", so these are no store's. */
export const observedClock = (context: ProcessorContext, node: string): StreamClock =>
  context.clock(`${node}/observed`);

/** Decides when a node looks for windows that have closed since it last did. */
export class CloseWatch {
  readonly #context: ProcessorContext;
  readonly #intervalMs: number;
  /** Up to where windows have been sent out; kept over restarts. */
  readonly #emitted: StreamClock;
  #nextMs = 0;

  constructor(context: ProcessorContext, node: string, intervalMs: number) {
    this.#context = context;
    this.#intervalMs = intervalMs;
    this.#emitted = context.clock(`${node}/emitted`);
  }

  /** Up to which close time windows have gone out, ms; -1: none has. */
  get emittedMs(): number {
    return this.#emitted.timeMs;
  }

  /** Whether to look now: at most once an interval of wall clock, and only when the close time has moved. */
  due(closeMs: number): boolean {
    const now = this.#context.currentSystemTimeMs();
    if (now < this.#nextMs) return false;
    this.#nextMs = now + this.#intervalMs;
    return this.moved(closeMs);
  }

  moved(closeMs: number): boolean {
    return this.emittedMs === -1 || this.emittedMs < closeMs;
  }

  emitted(closeMs: number): void {
    this.#emitted.advance(closeMs);
  }
}
