import type { StoreSerde } from './store-serdes.ts';
import { readTime, TIME_BYTES, writeTime } from './times.ts';
import type { ValueAndTimestamp } from './types.ts';

/** The timestamp's 8 bytes before the value's. A value without bytes is no row. */
export function timestampedSerde<V>(value: StoreSerde<V>): StoreSerde<ValueAndTimestamp<V>> {
  return {
    serialize: (topic, stamped) => {
      const bytes = value.serialize(topic, stamped.value);
      if (bytes === null) return null;
      const row = Buffer.allocUnsafe(TIME_BYTES + bytes.length);
      writeTime(row, stamped.timestamp, 0);
      row.set(bytes, TIME_BYTES);
      return row;
    },
    deserialize: (topic, bytes) =>
      bytes && {
        value: value.deserialize(topic, bytes.subarray(TIME_BYTES)),
        timestamp: readTime(bytes, 0),
      },
  };
}
