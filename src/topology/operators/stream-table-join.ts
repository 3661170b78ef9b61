import type { Operator, Processor, StoreHandle } from '../graph/nodes.ts';
import type { RecordContext } from '../record.ts';
import type { TimestampedKeyValueStore } from '../stores/types.ts';
import { isAbsent, type Joiner } from './join-values.ts';
import { processor } from './processor.ts';
import type { TableView } from './types.ts';

export interface StreamTableJoinOptions {
  readonly table: TableView;
  readonly joiner: Joiner;
  /** Whether a record without a row goes out, joined with null. */
  readonly left: boolean;
}

/** Joins each record with its key's row of the moment. Only the stream sets off results. */
export function streamTableJoin({ table, joiner, left }: StreamTableJoinOptions): () => Processor {
  return processor((context) => {
    const rows = table.open(context);
    return (record) => {
      const { key, value } = record;
      if (isAbsent(value) || (isAbsent(key) && !left)) {
        context.dropped(isAbsent(key) ? 'null-key' : 'null-value');
        return;
      }
      const row = isAbsent(key) ? null : (rows.get(key)?.value ?? null);
      if (left || row !== null) context.forward({ ...record, value: joiner(value, row, key) });
    };
  });
}

export interface GlobalJoinOptions {
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>>;
  readonly keySelector: (value: unknown, key: unknown, context: RecordContext) => unknown;
  readonly joiner: Joiner;
  readonly left: boolean;
}

/**
 * Joins each record with the global table's row of the key that it names. Pure: the table is read as it is when the record
 * runs, be that ahead of its turn. A record that names no key has no row; one without a value is left out.
 */
export function globalJoin({ store, keySelector, joiner, left }: GlobalJoinOptions): Operator {
  return {
    kind: 'pure',
    apply(record, forward, context, globals) {
      const { key, value } = record;
      if (isAbsent(value)) return;
      const rowKey = keySelector(value, key, context);
      const row = isAbsent(rowKey) ? null : (store.narrow(globals(store.name)).get(rowKey)?.value ?? null);
      if (left || row !== null) forward({ ...record, value: joiner(value, row, key) });
    },
  };
}
