import type { Processor } from '../graph/nodes.ts';
import type { ConsumedRecord, StreamRecord } from '../record.ts';
import type { CompiledNode, CompiledProcess } from './compile.ts';

type Forward = (record: StreamRecord, child?: string) => void;

/** Where effects go, and who processes. */
export interface TurnHost {
  processor(node: CompiledProcess): Processor;
  stageOutput(node: CompiledNode & { kind: 'sink' }, record: StreamRecord, source: ConsumedRecord): void;
  stageWrite(
    node: CompiledNode & { kind: 'external-sink' },
    record: StreamRecord,
    source: ConsumedRecord,
  ): void;
}

/**
 * Runs what happens in a record's turn, depth first in the order of the calls, as Kafka Streams does. One for all records
 * of a task, since there is one turn at a time.
 */
export class Turn {
  readonly #host: TurnHost;
  /** What each node forwards with; made once, for this is the path that every record takes. */
  readonly #forwards = new Map<CompiledNode, Forward>();
  #source: ConsumedRecord | undefined;
  /** Where the processor that runs now forwards to. */
  #forward: Forward | undefined;

  constructor(host: TurnHost, nodes: readonly CompiledNode[]) {
    this.#host = host;
    for (const node of nodes) {
      this.#forwards.set(node, (record, only) => {
        for (const child of node.children)
          if (only === undefined || child.name === only) this.run(child, record);
      });
    }
  }

  /** The source record whose turn it is. */
  get source(): ConsumedRecord | undefined {
    return this.#source;
  }

  begin(source: ConsumedRecord): void {
    this.#source = source;
  }

  /** Runs one processor; what it forwards goes to `forward`. */
  process(node: CompiledProcess, record: StreamRecord, forward: Forward): void {
    const outer = this.#forward;
    this.#forward = forward;
    try {
      this.#host.processor(node).process(record);
    } finally {
      this.#forward = outer;
    }
  }

  /** Where the processor that runs now forwards to; undefined outside `process`. */
  get forward(): Forward | undefined {
    return this.#forward;
  }

  /** Runs everything from `node` on. */
  run(node: CompiledNode, record: StreamRecord): void {
    const source = this.#source;
    const forward = this.#forwards.get(node);
    if (!source || !forward) throw new Error(`${node.name} is run out of turn`);
    switch (node.kind) {
      case 'source':
        forward(record);
        return;
      case 'pure':
        node.apply(record, forward, source);
        return;
      case 'observe':
        node.action(record, source);
        forward(record);
        return;
      case 'process':
        this.process(node, record, forward);
        return;
      case 'sink':
        this.#host.stageOutput(node, record, source);
        return;
      case 'external-sink':
        this.#host.stageWrite(node, record, source);
        return;
      case 'async':
        throw new Error(`${node.name} cannot run in turn: it is ahead by definition`);
    }
  }
}
