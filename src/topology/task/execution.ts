import type { GlobalStores, PunctuationType } from '../graph/nodes.ts';
import type { ConsumedRecord, ProducedRecord, RecordContext, StreamRecord } from '../record.ts';
import type { Holding } from './byte-budget.ts';
import type { CompiledAsync, CompiledNode, CompiledProcess } from './compile.ts';
import type { Schedule } from './punctuations.ts';
import { type Forward, punctuationContext, type Turn } from './turn.ts';

/** A place where a record waits inside the graph: what is left to do for it in its turn, in depth-first order. */
type Step =
  /** Everything from `node` on happens in turn. */
  | { readonly kind: 'run'; readonly node: CompiledNode; readonly record: StreamRecord }
  /** The action of an `observe` node, then what came of its children. */
  | {
      readonly kind: 'observe';
      readonly node: CompiledNode & { kind: 'observe' };
      readonly record: StreamRecord;
      readonly next: readonly Step[];
    }
  | { readonly kind: 'all'; readonly next: readonly Step[] }
  /** A `process` node with a `mapAsync` behind it: in turn it starts work, and the turn goes on when that has ended. */
  | { readonly kind: 'barrier'; readonly node: CompiledProcess; readonly record: StreamRecord }
  /** Calls back into a `process` node: a punctuation. */
  | { readonly kind: 'call'; readonly node: CompiledProcess; readonly action: () => void }
  /** Asynchronous work; `next` is there once it has ended. */
  | { readonly kind: 'work'; next: readonly Step[] }
  /** What ran ahead has failed; in turn it becomes the record's failure. */
  | { readonly kind: 'failed'; readonly node: string; readonly error: unknown };

/** What an execution needs from its task. */
export interface ExecutionHost {
  /** What happens in the record's turn. */
  readonly turn: Turn;
  readonly globals: GlobalStores;
  /** Runs the function of `node`; `done` or `failed` hears of its end while the task lives. */
  startWork(
    execution: Execution,
    node: CompiledAsync,
    record: StreamRecord,
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
  ): void;
  /** The last work of this execution has ended. */
  settled(execution: Execution): void;
}

/** What a turn is for. */
export interface TurnCause {
  /** The record; undefined: time alone is the cause. */
  readonly source: ConsumedRecord | undefined;
  /** Time of the record, or to which time has moved, ms. -1: a record that is left out. */
  readonly timestamp: number;
  /** The clock whose punctuations belong to this turn. */
  readonly clock: PunctuationType;
  readonly holding: Holding;
  /** Where a record goes that is left out. */
  readonly letter?: ProducedRecord;
  /** Gives an execution what it has to do, at first and when it is tried again. */
  readonly begin: (turn: Execution) => void;
}

/** Thrown in turn for what has failed ahead of it. */
export class AheadFailure {
  readonly node: string;
  readonly error: unknown;

  constructor(node: string, error: unknown) {
    this.node = node;
    this.error = error;
  }
}

/** One turn in the reorder buffer, from the moment its record was chosen until it is over. */
export class Execution {
  readonly cause: TurnCause;
  /** Where the record at hand came from. */
  context: RecordContext;
  /** The punctuation that is being run. */
  punctuation: Schedule | undefined;
  readonly #host: ExecutionHost;
  /** What is left of the turn, last first. */
  readonly #steps: Step[] = [];
  #pending = 0;

  constructor(host: ExecutionHost, cause: TurnCause) {
    this.#host = host;
    this.cause = cause;
    this.context = cause.source ?? punctuationContext(cause.timestamp);
  }

  /** Whether the turn can go on: nothing is waited for. */
  get ready(): boolean {
    return this.#pending === 0;
  }

  /** Begins with a record at a node: what may run ahead does. */
  start(node: CompiledNode, record: StreamRecord): void {
    this.#steps.push(this.#ahead(node, record));
  }

  /** Adds a call back into a node, as the last thing to do. */
  call(node: CompiledProcess, action: () => void): void {
    this.#steps.unshift({ kind: 'call', node, action });
  }

  /** Lets the turn wait until the function that is returned is called. */
  hold(): () => void {
    this.#pending++;
    return () => this.#release();
  }

  /** Performs the turn. False: it met work that has to be waited for; call again when `settled`. */
  perform(): boolean {
    const { turn } = this.#host;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      switch (step.kind) {
        case 'run':
          turn.run(step.node, step.record);
          break;
        case 'observe':
          step.node.action(step.record, this.context);
          this.#push(step.next);
          break;
        case 'all':
        case 'work':
          this.#push(step.next);
          break;
        case 'barrier': {
          const { node, record } = step;
          this.#push(this.#collect(node, (forward) => turn.process(node, record, forward)));
          break;
        }
        case 'call': {
          const { node, action } = step;
          if (node.ahead) this.#push(this.#collect(node, (forward) => turn.call(node, action, forward)));
          else turn.call(node, action);
          break;
        }
        case 'failed':
          throw new AheadFailure(step.node, step.error);
      }
      if (this.#pending > 0) return false;
    }
    return true;
  }

  #push(next: readonly Step[]): void {
    for (let i = next.length - 1; i >= 0; i--) {
      const step = next[i];
      if (step) this.#steps.push(step);
    }
  }

  #release(): void {
    if (--this.#pending === 0) this.#host.settled(this);
  }

  /** Goes as far as is allowed before the turn: through pure nodes and asynchronous work, never into an effect. */
  #ahead(node: CompiledNode, record: StreamRecord): Step {
    if (!node.ahead) return { kind: 'run', node, record };
    switch (node.kind) {
      case 'source':
        return { kind: 'all', next: this.#children(node, record) };
      case 'pure':
        try {
          return {
            kind: 'all',
            next: this.#collect(node, (forward) =>
              node.apply(record, forward, this.context, this.#host.globals),
            ),
          };
        } catch (error) {
          return { kind: 'failed', node: node.name, error };
        }
      case 'observe':
        return { kind: 'observe', node, record, next: this.#children(node, record) };
      case 'process':
        return { kind: 'barrier', node, record };
      case 'async':
        return this.#work(node, record);
      case 'sink':
      case 'external-sink':
        return { kind: 'run', node, record };
    }
  }

  #work(node: CompiledAsync, record: StreamRecord): Step {
    const step: Step = { kind: 'work', next: [] };
    this.#pending++;
    this.#host.startWork(
      this,
      node,
      record,
      (value) => {
        step.next = this.#children(node, { ...record, value });
        this.#release();
      },
      (error) => {
        step.next = [{ kind: 'failed', node: node.name, error }];
        this.#release();
      },
    );
    return step;
  }

  #children(node: CompiledNode, record: StreamRecord): Step[] {
    return node.children.map((child) => this.#ahead(child, record));
  }

  /** What becomes of all that `run` forwards from `node`. */
  #collect(node: CompiledNode, run: (forward: Forward) => void): Step[] {
    const next: Step[] = [];
    run((out, only) => {
      for (const child of node.children)
        if (only === undefined || child.name === only) next.push(this.#ahead(child, out));
    });
    return next;
  }
}
