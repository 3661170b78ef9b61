import type { ProcessorContext } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';
import type { StreamClock } from '../stores/bytes.ts';

/** The clocks of a windowed node; names of nodes have no "/", so these are no store's. */
export const observedClock = (context: ProcessorContext, node: string): StreamClock =>
  context.clock(`${node}/observed`);

/** Decides when a node looks for windows that have closed since it last did. */
class CloseWatch {
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

export interface ClosingOptions {
  readonly node: string;
  /** How long after its end a window closes, ms of stream time. */
  readonly closesAfterMs: number;
  /** Absent: each update goes out. Else only results of closed windows, looked for once in so many ms of wall clock. */
  readonly emitIntervalMs: number | undefined;
  /**
   * Sends the results of the windows that have closed since they did last (`emittedMs`; -1: never), with the headers of `record`.
   * Returns whether it has looked at all.
   */
  readonly emit: (emittedMs: number, closeMs: number, record: StreamRecord) => boolean;
}

/** Which windows of a node have closed by the stream time that it has seen, and when their results go out. */
export class ClosingWindows {
  readonly #options: ClosingOptions;
  /** Highest time of a record with a key. */
  readonly #observed: StreamClock;
  readonly #watch: CloseWatch | undefined;

  constructor(context: ProcessorContext, options: ClosingOptions) {
    const { node, emitIntervalMs } = options;
    this.#options = options;
    this.#observed = observedClock(context, node);
    this.#watch = emitIntervalMs === undefined ? undefined : new CloseWatch(context, node, emitIntervalMs);
    context.onStreamTime((streamTimeMs) => this.#advance(streamTimeMs));
  }

  /** Whether each update goes out at once. */
  get sendsUpdates(): boolean {
    return this.#watch === undefined;
  }

  /** Takes in the time of a record with a key; returns the time up to which windows are closed, ms. */
  observe(timestamp: number): number {
    this.#observed.advance(timestamp);
    return this.#observed.timeMs - this.#options.closesAfterMs;
  }

  /** After a record: sends what has closed, if it is time to look. */
  sendDue(closeMs: number, record: StreamRecord): void {
    if (this.#watch?.due(closeMs)) this.#emit(this.#watch, closeMs, record);
  }

  /** Stream time has moved without a record. */
  #advance(streamTimeMs: number): void {
    const closeMs = this.observe(streamTimeMs);
    const nothing = { key: null, value: null, timestamp: streamTimeMs, headers: [] };
    if (this.#watch?.moved(closeMs)) this.#emit(this.#watch, closeMs, nothing);
  }

  #emit(watch: CloseWatch, closeMs: number, record: StreamRecord): void {
    if (this.#options.emit(watch.emittedMs, closeMs, record)) watch.emitted(closeMs);
  }
}
