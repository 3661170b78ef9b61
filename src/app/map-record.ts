import type { Processor, RecordContext, StreamRecord } from '../topology/index.ts';

/** A processor that turns each record into one other, headers and key included, which `map` does not reach. */
export function mapRecord<K, V, K2, V2>(
  fn: (record: StreamRecord<K, V>, context: RecordContext) => StreamRecord<K2, V2>,
): () => Processor<K, V, K2, V2> {
  return () => {
    let map: (record: StreamRecord<K, V>) => void = () => {};
    return {
      init(context) {
        map = (record) => context.forward(fn(record, context.recordMetadata()));
      },
      process: (record) => map(record),
    };
  };
}
