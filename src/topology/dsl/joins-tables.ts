import type { DraftNode } from '../graph/draft.ts';
import type { Processor } from '../graph/nodes.ts';
import { type JoinSide, otherSide } from '../operators/stream-join-unjoined.ts';
import {
  type RowJoiner,
  type TableJoinKind,
  tableJoin,
  tableJoinMerge,
  tableJoinView,
} from '../operators/table-join.ts';
import { timestampedKeyValueStore } from '../stores/builders.ts';
import { makeTableEnd, type TableEnd } from './ends.ts';
import { planStore } from './materialized.ts';
import type { TableOptions } from './options.ts';

/**
 * Each change of a row meets the other table's row of its key. Both tables keep their rows then; the joined ones are kept if
 * the options say so, else computed when they are read.
 */
export function joinTables<K, V>(
  left: TableEnd,
  right: TableEnd,
  kind: TableJoinKind,
  joiner: RowJoiner,
  { as, materialized }: TableOptions<K, V>,
): TableEnd {
  const { draft } = left;
  const known = { key: left.serdes.key, value: undefined };
  const plan = materialized && planStore(draft, materialized, 'KTABLE-MERGE-', known);
  const mergeName = draft.nameOr(as, 'KTABLE-MERGE-');
  const sources = [...new Set([...left.sources, ...right.sources])];
  draft.copartition(sources);

  const tables = { left, right };
  if (kind !== 'inner') left.sendOldValues(true);
  if (kind === 'outer') right.sendOldValues(true);
  const views = { left: left.view(), right: right.view() };
  let sendsOldValues = false;
  const add = (
    name: string,
    supplier: () => Processor,
    parents: readonly DraftNode[],
    stores: () => readonly string[],
  ) =>
    draft.add({ kind: 'processor', name, parents: [], operator: { kind: 'process', supplier } }, parents, {
      stores,
      waitsFor: [left.node, right.node],
    });
  const names = {
    left: draft.suffixedNameOr(as, '-join-this', 'KTABLE-JOINTHIS-'),
    right: draft.suffixedNameOr(as, '-join-other', 'KTABLE-JOINOTHER-'),
  };
  const join = (side: JoinSide) => {
    const other = views[otherSide(side)];
    const supplier = tableJoin({ kind, side, other, joiner, sendsOldValues: () => sendsOldValues });
    return add(names[side], supplier, [tables[side].node], () => other.stores);
  };
  const sides = [join('left'), join('right')];
  const store = plan && timestampedKeyValueStore(plan.name, plan.options);
  if (store) draft.addStore(store);
  const merge = tableJoinMerge({ store, sendsOldValues: () => sendsOldValues });
  return makeTableEnd({
    draft,
    node: add(mergeName, merge, sides, () => (store ? [store.name] : [])),
    serdes: plan?.serdes ?? known,
    sources,
    queryableStoreName: plan?.name,
    view: () =>
      store
        ? { stores: [store.name], open: (context) => context.getStateStore(store) }
        : tableJoinView(kind, views.left, views.right, joiner),
    sendOldValues() {
      left.sendOldValues(true);
      right.sendOldValues(true);
      sendsOldValues = true;
      return true;
    },
  });
}
