import type { Processor, StoreHandle } from '../graph/nodes.ts';
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../stores/types.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import { type JoinSide, otherSide } from './stream-join-unjoined.ts';
import type { Change, TableView, ValueGetter } from './types.ts';

/** Which rows a join of two tables keeps although the other table has none: no rows, the left's, those of both. */
export type TableJoinKind = 'inner' | 'left' | 'outer';

const keepsAlone = (kind: TableJoinKind, side: JoinSide) =>
  kind === 'outer' || (kind === 'left' && side === 'left');

/** What a row of the left and one of the right become; `null` stands for a missing one. */
export type RowJoiner = (left: unknown, right: unknown) => unknown;

export interface TableJoinOptions {
  readonly kind: TableJoinKind;
  /** The side whose changes come in. */
  readonly side: JoinSide;
  /** The other side's rows. */
  readonly other: TableView;
  readonly joiner: RowJoiner;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
}

/** One side of a table-table join: a changed row, joined with the other table's row of its key. */
export function tableJoin({
  kind,
  side,
  other,
  joiner,
  sendsOldValues,
}: TableJoinOptions): () => Processor<unknown, Change> {
  const join = (mine: unknown, theirs: unknown): unknown => {
    if (isAbsent(mine) && (isAbsent(theirs) || !keepsAlone(kind, otherSide(side)))) return null;
    return side === 'left' ? joiner(mine, theirs) : joiner(theirs, mine);
  };
  return processor<Change>((context) => {
    const rows = other.open(context);
    const sendOld = sendsOldValues();
    return (record) => {
      const { key, value: change } = record;
      if (isAbsent(key)) {
        context.dropped('null-key');
        return;
      }
      const row = rows.get(key);
      if (!row && (!keepsAlone(kind, side) || (isAbsent(change.newValue) && isAbsent(change.oldValue))))
        return;
      const theirs = row?.value ?? null;
      const joined: Change = {
        newValue: join(change.newValue, theirs),
        oldValue: sendOld ? join(change.oldValue, theirs) : null,
      };
      const timestamp = row ? Math.max(record.timestamp, row.timestamp) : record.timestamp;
      context.forward({ ...record, value: joined, timestamp });
    };
  });
}

export interface TableJoinMergeOptions {
  /** Where the joined rows are kept, if they are. */
  readonly store: StoreHandle<TimestampedKeyValueStore<unknown, unknown>> | undefined;
  readonly sendsOldValues: () => boolean;
}

/** Where the changes of both sides meet. */
export function tableJoinMerge({
  store,
  sendsOldValues,
}: TableJoinMergeOptions): () => Processor<unknown, Change> {
  return processor<Change>((context) => {
    const rows = store && context.getStateStore(store);
    const sendOld = sendsOldValues();
    return (record) => {
      const { newValue, oldValue } = record.value;
      rows?.put(record.key, isAbsent(newValue) ? null : { value: newValue, timestamp: record.timestamp });
      context.forward({ ...record, value: { newValue, oldValue: sendOld ? oldValue : null } });
    };
  });
}

function joinedRow(
  kind: TableJoinKind,
  joiner: RowJoiner,
  left: ValueAndTimestamp<unknown> | null,
  right: ValueAndTimestamp<unknown> | null,
): ValueAndTimestamp<unknown> | null {
  if (!left && !right) return null;
  if (!left && !keepsAlone(kind, 'right')) return null;
  if (!right && !keepsAlone(kind, 'left')) return null;
  const value = joiner(left?.value ?? null, right?.value ?? null);
  if (isAbsent(value)) return null;
  return { value, timestamp: Math.max(left?.timestamp ?? -1, right?.timestamp ?? -1) };
}

/** The rows of a join that keeps none of its own: computed from both tables when they are asked for. */
export function tableJoinView(
  kind: TableJoinKind,
  left: TableView,
  right: TableView,
  joiner: RowJoiner,
): TableView {
  return {
    stores: [...new Set([...left.stores, ...right.stores])],
    open(context): ValueGetter {
      const leftRows = left.open(context);
      const rightRows = right.open(context);
      return { get: (key) => joinedRow(kind, joiner, leftRows.get(key), rightRows.get(key)) };
    },
  };
}
