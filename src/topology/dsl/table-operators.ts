import type { Forward } from '../graph/nodes.ts';
import { type Compute, computedTable, computedView } from '../operators/table-compute.ts';
import type { Change } from '../operators/types.ts';
import type { StreamRecord } from '../record.ts';
import { timestampedKeyValueStore } from '../stores/builders.ts';
import { makeTableEnd, type StreamEnd, type TableEnd } from './ends.ts';
import type { Erased } from './erase.ts';
import type { Named } from './functions.ts';
import { givenSerdes, planStore } from './materialized.ts';
import type { TableOptions } from './options.ts';

interface ComputePlan {
  readonly prefix: 'KTABLE-FILTER-' | 'KTABLE-MAPVALUES-';
  readonly compute: Compute;
  /** Filters keep the values' type; they know that nothing came of nothing, where the parent sends old values anyway. */
  readonly filters: boolean;
}

/** A table computed row by row. Only under a name of its own does it keep its rows. */
function computeTable<K, V>(
  parent: TableEnd,
  { prefix, compute, filters }: ComputePlan,
  { as, materialized }: TableOptions<K, V>,
): TableEnd {
  const { draft } = parent;
  const known = { key: parent.serdes.key, value: filters ? parent.serdes.value : undefined };
  const plan = materialized && planStore(draft, materialized, prefix, known); // without a name it uses up an index all the same
  const store = plan?.queryable === undefined ? undefined : timestampedKeyValueStore(plan.name, plan.options);
  if (store) draft.addStore(store);
  const name = draft.nameOr(as, prefix);
  let sendsOldValues = filters && parent.sendOldValues(false);
  const supplier = computedTable({
    compute,
    store,
    sendsOldValues: () => sendsOldValues,
    skipsNothing: filters,
  });
  return makeTableEnd({
    draft,
    node: draft.add(
      { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier } },
      [parent.node],
      { stores: () => (store ? [store.name] : []) },
    ),
    serdes: givenSerdes(materialized, known),
    sources: parent.sources,
    queryableStoreName: plan?.queryable,
    view: () =>
      store
        ? { stores: [store.name], open: (context) => context.getStateStore(store) }
        : computedView(parent.view(), compute),
    sendOldValues(force) {
      if (store || parent.sendOldValues(force)) sendsOldValues = true;
      return sendsOldValues;
    },
  });
}

export function filterTable<K, V>(
  parent: TableEnd,
  predicate: Erased<[value: unknown, key: unknown], boolean>,
  keep: boolean,
  options: TableOptions<K, V>,
): TableEnd {
  const compute: Compute = (value, key) => (predicate(value, key) === keep ? value : null);
  return computeTable(parent, { prefix: 'KTABLE-FILTER-', compute, filters: true }, options);
}

export function mapTable<K, V>(parent: TableEnd, mapper: Compute, options: TableOptions<K, V>): TableEnd {
  return computeTable(parent, { prefix: 'KTABLE-MAPVALUES-', compute: mapper, filters: false }, options);
}

const forwardNewValue: Erased<[record: StreamRecord<unknown, Change>, forward: Forward], void> = (
  record,
  forward,
) => forward({ ...record, value: record.value.newValue });

/** The new values of a table's changes. */
export function tableToStream(table: TableEnd, { as }: Named): StreamEnd {
  const { draft, serdes, sources } = table;
  const name = draft.nameOr(as, 'KTABLE-TOSTREAM-');
  const apply: Erased<[record: StreamRecord, forward: Forward], void> = forwardNewValue;
  const node = draft.add({ kind: 'processor', name, parents: [], operator: { kind: 'pure', apply } }, [
    table.node,
  ]);
  return { draft, node, serdes, sources, keyChanged: false };
}
