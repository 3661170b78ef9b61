import { StreamsError } from '../errors.ts';
import type { Cancellable, DropReason, ProcessorContext, PunctuationType } from '../graph/nodes.ts';
import type { StateStore } from '../stores/types.ts';
import type { CompiledProcess } from './compile.ts';
import type { Effects } from './effects.ts';
import type { TaskRuntime } from './runtime.ts';
import { isTimestamp } from './timestamps.ts';
import type { Turn } from './turn.ts';

/** What the contexts of a task's processors are made of. */
export interface ContextHost {
  readonly turn: Turn;
  readonly effects: Effects;
  readonly runtime: TaskRuntime;
  schedule(
    node: CompiledProcess,
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable;
  onStreamTime(node: CompiledProcess, advance: (streamTimeMs: number) => void): void;
  countDropped(reason: DropReason): void;
}

/** A store of the task that the node is connected to, or else a global one, which every node may read. */
function storeFor(node: CompiledProcess, name: string, { effects, runtime }: ContextHost): StateStore {
  const store = node.stores.includes(name) ? effects.stores.get(name) : undefined;
  if (store) return store;
  try {
    return runtime.globals(name);
  } catch (cause) {
    const connected = node.stores.length > 0 ? `only to ${node.stores.join(', ')}` : 'to none';
    throw new StreamsError(
      'STORE_UNKNOWN',
      'fail',
      `${node.name} asks for the store "${name}", but it is connected ${connected} and no global store is called so: name it in ` +
        '"stores" where the processor is added',
      { cause },
    );
  }
}

/** What one processor of a task sees. */
export function processorContext(node: CompiledProcess, host: ContextHost): ProcessorContext {
  const { turn, effects, runtime } = host;
  return {
    forward: (record, child) => {
      if (!turn.forward)
        throw new StreamsError(
          'FORWARD_OUT_OF_TURN',
          'fail',
          `${node.name} called forward() outside process() and punctuations: effects happen in turn`,
        );
      if (!isTimestamp(record.timestamp))
        throw new StreamsError(
          'TIMESTAMP_INVALID',
          'fail',
          `${node.name} forwarded a record with the timestamp ${String(record.timestamp)}, which is no whole number of ms since the epoch: ` +
            'no topic takes it. Forward the time of the record at hand, or another whole number',
        );
      turn.forward(record, child);
    },
    currentStreamTimeMs: () => effects.clocks.streamTimeMs,
    currentSystemTimeMs: () => runtime.nowMs(),
    recordMetadata: () => {
      if (!turn.source)
        throw new StreamsError(
          'NO_RECORD_IN_TURN',
          'fail',
          `${node.name} asked for recordMetadata() outside process(): a punctuation has no record`,
        );
      return turn.source;
    },
    getStateStore: (store) => store.narrow(storeFor(node, store.name, host)),
    schedule: (intervalMs, type, punctuate) => host.schedule(node, intervalMs, type, punctuate),
    onStreamTime: (advance) => host.onStreamTime(node, advance),
    clock: (name) => effects.clocks.get(name),
    dropped: (reason) => host.countDropped(reason),
  };
}
