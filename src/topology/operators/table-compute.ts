import type { Processor, StoreHandle } from '../graph/nodes.ts';
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../stores/types.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import type { Change, TableView, ValueGetter } from './types.ts';

/** What a row of the parent becomes; null: no row. Not asked for rows that are not there. */
export type Compute = (value: unknown, key: unknown) => unknown;

export interface ComputedTableOptions {
  readonly compute: Compute;
  /** Where the computed rows are kept, if they are. */
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>> | undefined;
  /** Asked when a task starts: whether somebody below needs old values, or the parent has them anyway. */
  readonly sendsOldValues: () => boolean;
  /** Whether a change from no row to no row goes no further, where old values are known. */
  readonly skipsNothing: boolean;
}

const computed = (compute: Compute, value: unknown, key: unknown): unknown =>
  isAbsent(value) ? null : (compute(value, key) ?? null);

/** A table whose rows follow from those of its parent: filter and mapValues. */
export function computedTable({
  compute,
  store,
  sendsOldValues,
  skipsNothing,
}: ComputedTableOptions): () => Processor<unknown, Change> {
  return processor<Change>((context) => {
    const rows = store && context.getStateStore(store);
    const sendOld = sendsOldValues();
    return (record) => {
      const { key, timestamp, value: change } = record;
      const newValue = computed(compute, change.newValue, key);
      let oldValue: unknown = null;
      if (sendOld) oldValue = rows ? rows.get(key)?.value : computed(compute, change.oldValue, key);
      if (skipsNothing && sendOld && newValue === null && isAbsent(oldValue)) return;
      rows?.put(key, newValue === null ? null : { value: newValue, timestamp });
      context.forward({ ...record, value: { newValue, oldValue: oldValue ?? null } });
    };
  });
}

/** The rows of a table that keeps none of its own: computed from the parent's when they are asked for. */
export function computedView(parent: TableView, compute: Compute): TableView {
  const row = (key: unknown, found: ValueAndTimestamp<unknown> | null) => {
    const value = found && computed(compute, found.value, key);
    return found && !isAbsent(value) ? { value, timestamp: found.timestamp } : null;
  };
  return {
    stores: parent.stores,
    open(context): ValueGetter {
      const rows = parent.open(context);
      return { get: (key) => row(key, rows.get(key)) };
    },
  };
}
