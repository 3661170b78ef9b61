/**
 * The life of an application instance.
 *
 * ```
 *  CREATED ──► REBALANCING ◄──► RUNNING
 *     │             │   │          │  │
 *     │             │   └────┬─────┘  │
 *     │             ▼        ▼        │
 *     └──────► PENDING_SHUTDOWN ◄─────┤
 *     │             │                 ▼
 *     │             ▼           PENDING_ERROR ──► ERROR
 *     │        NOT_RUNNING
 *     └──────────────────────► PENDING_ERROR
 * ```
 */
export type StreamsState =
  | 'CREATED'
  | 'REBALANCING'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'NOT_RUNNING'
  | 'PENDING_ERROR'
  | 'ERROR';

const TRANSITIONS: Readonly<Record<StreamsState, readonly StreamsState[]>> = {
  CREATED: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING'],
  NOT_RUNNING: [],
  PENDING_ERROR: ['ERROR'],
  ERROR: [],
};

export interface StateChange {
  readonly from: StreamsState;
  readonly to: StreamsState;
  /** Why, for PENDING_ERROR and ERROR. */
  readonly cause?: Error;
}

/** Holds the state; `transitionTo` is its only mutator. */
export class Lifecycle {
  #state: StreamsState = 'CREATED';
  #cause: Error | undefined;
  readonly #listeners: ((change: StateChange) => void)[] = [];

  get state(): StreamsState {
    return this.#state;
  }

  /** What brought the instance to ERROR. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  onChange(listener: (change: StateChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Moves on; false when that is not allowed from here (a shutdown that meets an error goes on as a shutdown). */
  transitionTo(to: StreamsState, cause?: Error): boolean {
    const from = this.#state;
    if (!TRANSITIONS[from].includes(to)) return false;
    this.#state = to;
    this.#cause ??= cause;
    for (const listener of this.#listeners) listener(cause ? { from, to, cause } : { from, to });
    return true;
  }
}
