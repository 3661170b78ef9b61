import type { ConsumedRecord, StreamRecord } from '../record.ts';
import type { Holding } from './byte-budget.ts';
import type { CompiledAsync, CompiledNode, CompiledProcess } from './compile.ts';
import type { Head } from './record-queue.ts';
import type { Turn } from './turn.ts';

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
  /** Asynchronous work; `next` is there once it has ended. */
  | { readonly kind: 'work'; next: readonly Step[] };

/** What an execution needs from its task. */
export interface ExecutionHost {
  /** What happens in the record's turn. */
  readonly turn: Turn;
  /** Runs the function of `node`; `done` gets its result while the task lives. */
  startWork(
    execution: Execution,
    node: CompiledAsync,
    record: StreamRecord,
    done: (value: unknown) => void,
  ): void;
  /** The last work of this execution has ended. */
  settled(execution: Execution): void;
}

/** One record in the reorder buffer, from the moment it was chosen until its turn is over. */
export class Execution {
  readonly source: ConsumedRecord;
  readonly timestamp: number;
  readonly holding: Holding;
  readonly #host: ExecutionHost;
  /** What is left of the turn, last first. */
  #steps: Step[];
  #pending = 0;

  constructor(host: ExecutionHost, { source, node, record, holding }: Head) {
    this.#host = host;
    this.source = source;
    this.timestamp = record.timestamp;
    this.holding = holding;
    this.#steps = [this.#ahead(node, record)];
  }

  /** Whether the turn can go on: no work is under way. */
  get ready(): boolean {
    return this.#pending === 0;
  }

  /** Performs the turn. False: it met work that has to be waited for; call again when `settled`. */
  perform(): boolean {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      switch (step.kind) {
        case 'run':
          this.#host.turn.run(step.node, step.record);
          break;
        case 'observe':
          step.node.action(step.record, this.source);
          this.#push(step.next);
          break;
        case 'all':
        case 'work':
          this.#push(step.next);
          break;
        case 'barrier':
          this.#push(this.#process(step.node, step.record));
          if (this.#pending > 0) return false;
          break;
      }
    }
    return true;
  }

  #push(next: readonly Step[]): void {
    for (let i = next.length - 1; i >= 0; i--) {
      const step = next[i];
      if (step) this.#steps.push(step);
    }
  }

  /** Goes as far as is allowed before the turn: through pure nodes and asynchronous work, never into an effect. */
  #ahead(node: CompiledNode, record: StreamRecord): Step {
    if (!node.ahead) return { kind: 'run', node, record };
    switch (node.kind) {
      case 'source':
        return { kind: 'all', next: node.children.map((child) => this.#ahead(child, record)) };
      case 'pure': {
        const next: Step[] = [];
        node.apply(
          record,
          (out, only) => {
            for (const child of node.children)
              if (only === undefined || child.name === only) next.push(this.#ahead(child, out));
          },
          this.source,
        );
        return { kind: 'all', next };
      }
      case 'observe':
        return {
          kind: 'observe',
          node,
          record,
          next: node.children.map((child) => this.#ahead(child, record)),
        };
      case 'process':
        return { kind: 'barrier', node, record };
      case 'async': {
        const step: Step = { kind: 'work', next: [] };
        this.#pending++;
        this.#host.startWork(this, node, record, (value) => {
          const out = { ...record, value };
          step.next = node.children.map((child) => this.#ahead(child, out));
          if (--this.#pending === 0) this.#host.settled(this);
        });
        return step;
      }
      case 'sink':
      case 'external-sink':
        return { kind: 'run', node, record };
    }
  }

  #process(node: CompiledProcess, record: StreamRecord): Step[] {
    const next: Step[] = [];
    const forward = (out: StreamRecord, only?: string) => {
      for (const child of node.children)
        if (only === undefined || child.name === only) next.push(this.#ahead(child, out));
    };
    this.#host.turn.process(node, record, forward);
    return next;
  }
}
