import type { ProcessorContext } from '../graph/nodes.ts';
import type { ValueAndTimestamp } from '../stores/types.ts';

/** What flows below a table: a row's new value and, where somebody below needs it, the old one. `null`: no row. */
export interface Change<V = unknown> {
  readonly newValue: V | null;
  readonly oldValue: V | null;
}

/** Reads a table's current rows, from its store or computed from its parent's. */
export interface ValueGetter<K = unknown, V = unknown> {
  get(key: K): ValueAndTimestamp<V> | null;
}

/** Where the rows of a table can be read: a node that reads them is connected to `stores`. */
export interface TableView<K = unknown, V = unknown> {
  readonly stores: readonly string[];
  open(context: ProcessorContext): ValueGetter<K, V>;
}
