import type { DraftNode, DraftSource, GraphDraft } from '../graph/draft.ts';
import type { TimestampExtractor } from '../graph/nodes.ts';
import { globalTableSource, tableSource } from '../operators/table-source.ts';
import { timestampedKeyValueStore } from '../stores/builders.ts';
import { type GlobalTableEnd, makeTableEnd, type StreamEnd, type TableEnd } from './ends.ts';
import { type Erased, eraseSerde } from './erase.ts';
import { givenSerdes, planStore, type StorePlan } from './materialized.ts';
import type { Consumed, Materialized, TableOptions } from './options.ts';
import { addRepartition, behind, repartitionNames } from './repartition.ts';
import { deserializer, type Serdes } from './serdes.ts';

const TO_TABLE = 'KSTREAM-TOTABLE-';
const SOURCE = 'KTABLE-SOURCE-';

/** How a table's topic is read, and kept. */
export type ConsumedTable<K, V> = Consumed<K, V> & {
  readonly materialized?: Materialized<NonNullable<K>, NonNullable<V>>;
};

/** A global table has no time that records could move: each keeps its own timestamp. */
export type ConsumedGlobalTable<K, V> = Omit<ConsumedTable<K, V>, 'timestampExtractor'>;

/** A table of the records that come in; its store is made if its user or something further down asks for it. */
function keptTable(
  draft: GraphDraft,
  name: string,
  parent: DraftNode,
  plan: StorePlan,
  sources: readonly DraftSource[],
): TableEnd {
  const store = timestampedKeyValueStore(plan.name, plan.options);
  let keepsRows = plan.queryable !== undefined;
  let sendsOldValues = false;
  draft.addStore(store, () => keepsRows);
  const supplier = tableSource({
    store,
    keepsRows: () => keepsRows,
    sendsOldValues: () => sendsOldValues,
  });
  const node = draft.add(
    { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier } },
    [parent],
    { stores: () => (keepsRows ? [store.name] : []) },
  );
  return makeTableEnd({
    draft,
    node,
    serdes: plan.serdes,
    sources,
    queryableStoreName: plan.queryable,
    view() {
      keepsRows = true;
      return { stores: [store.name], open: (context) => context.getStateStore(store) };
    },
    sendOldValues(force) {
      if (!force && !keepsRows) return false;
      keepsRows = true;
      sendsOldValues = true;
      return true;
    },
  });
}

/** What the reading of a table's topic has in common with that of a global table's: names, serdes, the source. */
function planSource<K, V>(draft: GraphDraft, topic: string, consumed: ConsumedGlobalTable<K, V>) {
  const { as, key, value, materialized } = consumed;
  if (as !== undefined) draft.checkName(as);
  const serdes: Serdes = { key: eraseSerde(key), value: eraseSerde(value) };
  const plan = planStore(draft, materialized, `${topic}-`, serdes);
  const sourceName = draft.suffixedNameOr(as, '-source', 'KSTREAM-SOURCE-');
  const name = draft.suffixedNameOr(as, '', SOURCE);
  const source = {
    kind: 'source' as const,
    name: sourceName,
    topics: [topic],
    deserializeKey: deserializer(serdes, 'key'),
    deserializeValue: deserializer(serdes, 'value'),
  };
  return { plan, name, source };
}

export function readTable<K, V>(draft: GraphDraft, topic: string, consumed: ConsumedTable<K, V>): TableEnd {
  const { plan, name, source } = planSource(draft, topic, consumed);
  const { as, key, value, timestampExtractor } = consumed;
  const extractor: Erased<Parameters<TimestampExtractor>, number> | undefined = timestampExtractor;
  const timed = { ...source, ...(extractor && { timestampExtractor: extractor }) };
  const node = draft.addSource(timed, { label: as, serdes: [key, value] });
  return keptTable(draft, name, node, plan, [node]);
}

export function readGlobalTable<K, V>(
  draft: GraphDraft,
  topic: string,
  consumed: ConsumedGlobalTable<K, V>,
): GlobalTableEnd {
  const { plan, name, source } = planSource(draft, topic, consumed);
  if (consumed.materialized && plan.queryable === undefined) {
    draft.problem(
      `the global table of topic "${topic}" is given "materialized" without a name for its store: add materialized: { as }, or leave materialized out`,
    );
  }
  const store = timestampedKeyValueStore(plan.name, { ...plan.options, logged: false });
  draft.addGlobalTable({ source, processor: { name, supplier: globalTableSource(store) }, store });
  return { draft, serdes: plan.serdes, store };
}

/** A stream's records as a table, behind a topic if the stream's key was changed. */
export function streamToTable<K, V>(stream: StreamEnd, { as, materialized }: TableOptions<K, V>): TableEnd {
  const { draft } = stream;
  const name = draft.nameOr(as, TO_TABLE);
  const plan = planStore(draft, materialized, TO_TABLE, stream.serdes);
  const serdes = givenSerdes(materialized, stream.serdes);
  const from = stream.keyChanged
    ? behind(stream, addRepartition(draft, stream.node, serdes, repartitionNames(draft, name)), serdes)
    : stream;
  return keptTable(draft, name, from.node, plan, from.sources);
}
