import type { Processor, StoreHandle } from '../graph/nodes.ts';
import type { TimestampedKeyValueStore } from '../stores/types.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';

export interface TableSourceOptions {
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>>;
  /** Asked when a task starts: whether somebody needs the rows. */
  readonly keepsRows: () => boolean;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
}

/** Takes each record for the new value of its key's row. */
export function tableSource({ store, keepsRows, sendsOldValues }: TableSourceOptions): () => Processor {
  return processor((context) => {
    const rows = keepsRows() ? context.getStateStore(store) : undefined;
    const sendOld = sendsOldValues();
    return (record) => {
      const { key, timestamp } = record;
      if (isAbsent(key)) {
        context.dropped('null-key');
        return;
      }
      const newValue = record.value ?? null;
      const oldValue = sendOld ? (rows?.get(key)?.value ?? null) : null;
      rows?.put(key, newValue === null ? null : { value: newValue, timestamp });
      context.forward({ ...record, value: { newValue, oldValue } });
    };
  });
}

/** Keeps the rows of a global table. */
export function globalTableSource(
  store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>>,
): () => Processor {
  return processor((context) => {
    const rows = context.getStateStore(store);
    return ({ key, value, timestamp }) => {
      if (isAbsent(key)) context.dropped('null-key');
      else rows.put(key, isAbsent(value) ? null : { value, timestamp });
    };
  });
}
