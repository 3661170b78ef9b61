import type { Processor, ProcessorContext } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';

/** A processor that is nothing before its context is there: `open` returns what it does with each record. */
export function processor<V = unknown>(
  open: (context: ProcessorContext) => (record: StreamRecord<unknown, V>) => void,
): () => Processor<unknown, V> {
  return () => {
    let process: (record: StreamRecord<unknown, V>) => void;
    return {
      init(context) {
        process = open(context);
      },
      process: (record) => process(record),
    };
  };
}
