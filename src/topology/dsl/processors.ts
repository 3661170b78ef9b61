import { StreamsError } from '../errors.ts';
import type { Processor, ProcessorContext } from '../graph/nodes.ts';

/** Called once per task. */
export type ProcessorSupplier<K, V, K2, V2> = () => Processor<K, V, K2, V2>;

/** A processor whose records must keep their keys. */
export type FixedKeyProcessorSupplier<K, V, V2> = () => Processor<K, V, K, V2>;

/** Holds a processor to its word: what it forwards has the key of the record at hand, so no repartition is due. */
export function fixedKey<K, V, V2>(
  name: string,
  supplier: FixedKeyProcessorSupplier<K, V, V2>,
): () => Processor<K, V, K, V2> {
  return () => {
    const inner = supplier();
    let current: { readonly key: K } | undefined;
    const guard = (context: ProcessorContext<K, V2>): ProcessorContext<K, V2> => ({
      forward(record, child) {
        if (current && record.key !== current.key) {
          throw new StreamsError(
            'KEY_CHANGED',
            'fail',
            `processValues "${name}" forwarded a record with another key: forward the same key, or use process()`,
          );
        }
        context.forward(record, child);
      },
      currentStreamTimeMs: () => context.currentStreamTimeMs(),
      currentSystemTimeMs: () => context.currentSystemTimeMs(),
      recordMetadata: () => context.recordMetadata(),
      getStateStore: (store) => context.getStateStore(store),
      schedule: (intervalMs, type, punctuate) => context.schedule(intervalMs, type, punctuate),
      onStreamTime: (advance) => context.onStreamTime(advance),
      clock: (name) => context.clock(name),
      dropped: (reason) => context.dropped(reason),
    });
    return {
      init: (context) => inner.init?.(guard(context)),
      process(record) {
        current = record;
        try {
          inner.process(record);
        } finally {
          current = undefined; // a punctuation may forward any key, also when this record has failed
        }
      },
      close: () => inner.close?.(),
    };
  };
}
