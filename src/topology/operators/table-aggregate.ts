import type { Processor, StoreHandle } from '../graph/nodes.ts';
import type { TimestampedKeyValueStore } from '../stores/types.ts';
import type { TableAggregation } from './aggregation.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import type { Change } from './types.ts';

export interface TableAggregateOptions {
  readonly aggregation: TableAggregation;
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>>;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
}

/** One row for each group of rows: takes a changed row's old value out, then its new one in. */
export function tableAggregate({
  aggregation,
  store,
  sendsOldValues,
}: TableAggregateOptions): () => Processor<unknown, Change> {
  return processor<Change>((context) => {
    const rows = context.getStateStore(store);
    const sendOld = sendsOldValues();
    return (record) => {
      const { key, value: change } = record;
      if (isAbsent(key)) {
        context.dropped('null-key');
        return;
      }
      const row = rows.get(key);
      let result = row ? row.value : null;
      let { timestamp } = record;
      if (!isAbsent(change.oldValue) && row) {
        result = aggregation.subtract(result, change.oldValue, key) ?? null;
        timestamp = Math.max(timestamp, row.timestamp);
      }
      if (!isAbsent(change.newValue)) {
        result = aggregation.add(result ?? aggregation.initialize(), change.newValue, key) ?? null;
        if (row) timestamp = Math.max(timestamp, row.timestamp);
      }
      rows.put(key, isAbsent(result) ? null : { value: result, timestamp });
      const oldValue = sendOld && row ? row.value : null;
      context.forward({ ...record, value: { newValue: result ?? null, oldValue }, timestamp });
    };
  });
}
