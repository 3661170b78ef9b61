import type { Processor, StoreHandle } from '../graph/nodes.ts';
import type { TimestampedKeyValueStore } from '../stores/types.ts';
import type { Aggregation } from './aggregation.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';

export interface AggregateOptions {
  readonly aggregation: Aggregation;
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>>;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
}

/** One row for each key, with the largest timestamp so far. Records without a key or value are left out. */
export function aggregate({ aggregation, store, sendsOldValues }: AggregateOptions): () => Processor {
  return processor((context) => {
    const rows = context.getStateStore(store);
    const sendOld = sendsOldValues();
    return (record) => {
      const { key, value } = record;
      if (isAbsent(key) || isAbsent(value)) {
        context.dropped(isAbsent(key) ? 'null-key' : 'null-value');
        return;
      }
      const row = rows.get(key);
      const oldValue = row ? row.value : (aggregation.initialize() ?? null);
      const timestamp = row ? Math.max(record.timestamp, row.timestamp) : record.timestamp;
      const newValue = aggregation.add(oldValue, value, key) ?? null;
      rows.put(key, newValue === null ? null : { value: newValue, timestamp });
      context.forward({ ...record, value: { newValue, oldValue: sendOld ? oldValue : null }, timestamp });
    };
  });
}
