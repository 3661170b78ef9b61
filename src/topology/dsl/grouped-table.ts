import type { DraftNode, DraftRepartition } from '../graph/draft.ts';
import { counting, reducing, type TableAggregation } from '../operators/aggregation.ts';
import { changeSerde } from '../operators/change-serde.ts';
import { tableAggregate } from '../operators/table-aggregate.ts';
import { type RowMapper, tableRegroup } from '../operators/table-regroup.ts';
import { longSerde, type Serde } from '../serde.ts';
import { timestampedKeyValueStore } from '../stores/builders.ts';
import type { StreamEnd, TableEnd } from './ends.ts';
import { type Erased, eraseSerde } from './erase.ts';
import type { Aggregator, Initializer, KGroupedTable } from './grouped.ts';
import { addAggregation } from './grouping.ts';
import type { KTable } from './ktable.ts';
import { planStore, storeSerde } from './materialized.ts';
import type { Grouped, TableOptions } from './options.ts';
import { behind } from './repartition.ts';
import type { Wrap } from './wrap.ts';

const AGGREGATE = 'KTABLE-AGGREGATE-';

type AggregateCall = Erased<[aggregate: unknown, value: unknown, key: unknown], unknown>;

/** Rows of a table on their way to their groups; the topic is made with the aggregation. */
export class GroupedTableNode<K, V> implements KGroupedTable<K, V> {
  readonly #wrap: Wrap;
  /** Behind the node that finds the groups. */
  readonly #stream: StreamEnd;
  readonly #topic: string | undefined;
  #repartition: DraftRepartition | undefined;

  constructor(table: TableEnd, mapper: RowMapper, grouped: Grouped<K, V>, wrap: Wrap) {
    const { draft, sources } = table;
    const name = draft.nameOr(grouped.as, 'KTABLE-SELECT-');
    const node = draft.add(
      { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier: tableRegroup(mapper) } },
      [table.node],
    );
    table.sendOldValues(true);
    const serdes = { key: eraseSerde(grouped.key), value: eraseSerde(grouped.value) };
    this.#wrap = wrap;
    this.#stream = { draft, node, serdes, sources, keyChanged: true };
    this.#topic = grouped.as;
  }

  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    return this.#aggregate(counting, AGGREGATE, eraseSerde(longSerde), options);
  }

  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    options: TableOptions<K, V> = {},
  ): KTable<K, V> {
    const add: Erased<[aggregate: unknown, value: unknown], unknown> = adder;
    const subtract: Erased<[aggregate: unknown, value: unknown], unknown> = subtractor;
    const aggregation = { ...reducing(add), subtract };
    return this.#aggregate(aggregation, 'KTABLE-REDUCE-', this.#stream.serdes.value, options);
  }

  aggregate<A>(
    initialize: Initializer<A>,
    adder: Aggregator<K, V, A>,
    subtractor: Aggregator<K, V, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<K, NonNullable<A>> {
    const add: AggregateCall = adder;
    const subtract: AggregateCall = subtractor;
    return this.#aggregate({ initialize, add, subtract }, AGGREGATE, undefined, options);
  }

  #aggregate<A>(
    aggregation: TableAggregation,
    prefix: 'KTABLE-AGGREGATE-' | 'KTABLE-REDUCE-',
    value: Serde<unknown> | undefined,
    { as, materialized }: TableOptions<K, A>,
  ): KTable<K, A> {
    const { draft, serdes } = this.#stream;
    const plan = planStore(draft, materialized, AGGREGATE, { key: serdes.key, value });
    const names = {
      topic: `${this.#topic ?? plan.name}-repartition`,
      sink: draft.suffixedNameOr(as, '-sink', 'KSTREAM-SINK-'),
      source: draft.suffixedNameOr(as, '-source', 'KSTREAM-SOURCE-'),
    };
    const name = draft.nameOr(as, prefix);
    const store = timestampedKeyValueStore(plan.name, plan.options);
    return this.#wrap.table(
      addAggregation({
        name,
        input: this.#behindTopic(names),
        store,
        supplier: (sendsOldValues) => tableAggregate({ aggregation, store, sendsOldValues }),
        view: { stores: [store.name], open: (context) => context.getStateStore(store) },
        serdes: plan.serdes,
        queryableStoreName: plan.queryable,
      }),
    );
  }

  /** Aggregations share a topic that the user has named. */
  #behindTopic(names: { readonly topic: string; readonly sink: string; readonly source: string }): StreamEnd {
    const { draft, serdes } = this.#stream;
    if (this.#repartition && this.#topic !== undefined) draft.moveToEnd(this.#repartition);
    else this.#repartition = addChangeTopic(this.#stream, names, this.#topic);
    return behind(this.#stream, this.#repartition, serdes);
  }
}

/** A topic for changes: a sink and the source on the other side. Groups have keys, so nothing is dropped. */
function addChangeTopic(
  { draft, node, serdes }: StreamEnd,
  { topic, sink, source }: { readonly topic: string; readonly sink: string; readonly source: string },
  label: string | undefined,
): DraftRepartition {
  const key = storeSerde(serdes, 'key', sink);
  const value = changeSerde(storeSerde(serdes, 'value', sink));
  const serializeValue: Erased<[topic: string, value: unknown], Buffer | null> = value.serialize;
  const before: DraftNode = draft.add(
    { kind: 'sink', name: sink, parents: [], topic, serializeKey: key.serialize, serializeValue },
    [node],
  );
  const repartition = {
    topic: { name: topic },
    before: [before],
    source: draft.addSource(
      {
        kind: 'source',
        name: source,
        topics: [topic],
        deserializeKey: key.deserialize,
        deserializeValue: value.deserialize,
      },
      { label, serdes: [serdes.key, serdes.value] },
    ),
    letNullKeysPass: () => {},
  };
  draft.addRepartition(repartition);
  return repartition;
}
