import type { GlobalStores, Processor } from '../graph/nodes.ts';
import type { ConsumedRecord, RecordContext, StreamRecord } from '../record.ts';
import type { CompiledNode, CompiledProcess } from './compile.ts';

export type Forward = (record: StreamRecord, child?: string) => void;

/** Where effects go, and who processes. */
export interface TurnHost {
  processor(node: CompiledProcess): Processor;
  stageOutput(node: CompiledNode & { kind: 'sink' }, record: StreamRecord, context: RecordContext): void;
  stageWrite(
    node: CompiledNode & { kind: 'external-sink' },
    record: StreamRecord,
    context: RecordContext,
  ): void;
}

/** What a punctuation has in place of a source record; as in Kafka Streams it has a time and no place. */
export function punctuationContext(timestamp: number): RecordContext {
  return { topic: '', partition: -1, offset: -1, timestamp, headers: [] };
}

/**
 * Runs what happens in a turn, depth first in the order of the calls, as Kafka Streams does. One for all turns of a task,
 * since there is one at a time.
 */
export class Turn {
  readonly #host: TurnHost;
  readonly #globals: GlobalStores;
  /** What each node forwards with; made once, for this is the path that every record takes. */
  readonly #forwards = new Map<CompiledNode, Forward>();
  #source: ConsumedRecord | undefined;
  #context: RecordContext | undefined;
  #timestampMs = -1;
  /** Where the processor that runs now forwards to. */
  #forward: Forward | undefined;
  #failure: unknown;
  #failedAt: string | undefined;

  constructor(host: TurnHost, nodes: readonly CompiledNode[], globals: GlobalStores) {
    this.#host = host;
    this.#globals = globals;
    for (const node of nodes) {
      this.#forwards.set(node, (record, only) => {
        for (const child of node.children)
          if (only === undefined || child.name === only) this.run(child, record);
      });
    }
  }

  /** The source record whose turn it is; undefined in a punctuation. */
  get source(): ConsumedRecord | undefined {
    return this.#source;
  }

  /** Time of the record or punctuation in turn, ms. */
  get timestampMs(): number {
    return this.#timestampMs;
  }

  begin(source: ConsumedRecord, timestampMs: number): void {
    this.#source = source;
    this.#context = source;
    this.#timestampMs = timestampMs;
    this.#failedAt = undefined;
  }

  beginPunctuation(context: RecordContext): void {
    this.#source = undefined;
    this.#context = context;
    this.#timestampMs = context.timestamp;
    this.#failedAt = undefined;
  }

  /** The name of the node that threw this error first; undefined: none did. */
  failedAt(error: unknown): string | undefined {
    return this.#failure === error ? this.#failedAt : undefined;
  }

  /** Runs one processor; what it forwards goes to `forward`. */
  process(node: CompiledProcess, record: StreamRecord, forward: Forward): void {
    const outer = this.#forward;
    this.#forward = forward;
    try {
      this.#host.processor(node).process(record);
    } catch (error) {
      throw this.#noteFailure(error, node);
    } finally {
      this.#forward = outer;
    }
  }

  /** Calls back into a node between records; what it forwards goes to `forward`, or else on through the graph. */
  call(node: CompiledProcess, action: () => void, forward = this.#forwards.get(node)): void {
    this.#forward = forward;
    try {
      action();
    } catch (error) {
      throw this.#noteFailure(error, node);
    } finally {
      this.#forward = undefined;
    }
  }

  /** Where the processor that runs now forwards to; undefined outside of turns. */
  get forward(): Forward | undefined {
    return this.#forward;
  }

  /** Runs everything from `node` on. */
  run(node: CompiledNode, record: StreamRecord): void {
    const context = this.#context;
    const forward = this.#forwards.get(node);
    if (!context || !forward) throw new Error(`${node.name} is run out of turn`);
    try {
      switch (node.kind) {
        case 'source':
          forward(record);
          return;
        case 'pure':
          node.apply(record, forward, context, this.#globals);
          return;
        case 'observe':
          node.action(record, context);
          forward(record);
          return;
        case 'process':
          this.process(node, record, forward);
          return;
        case 'sink':
          this.#host.stageOutput(node, record, context);
          return;
        case 'external-sink':
          this.#host.stageWrite(node, record, context);
          return;
        case 'async':
          throw new Error(`${node.name} cannot run in turn: it is ahead by definition`);
      }
    } catch (error) {
      throw this.#noteFailure(error, node);
    }
  }

  /** Remembers the deepest node that an error has passed. */
  #noteFailure(error: unknown, { name }: CompiledNode): unknown {
    if (this.#failure !== error || this.#failedAt === undefined) {
      this.#failure = error;
      this.#failedAt = name;
    }
    return error;
  }
}
