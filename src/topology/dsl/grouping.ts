import type { DraftRepartition, GraphDraft } from '../graph/draft.ts';
import type { Processor, StoreBuilder } from '../graph/nodes.ts';
import type { TableView } from '../operators/types.ts';
import { makeTableEnd, type StreamEnd, type TableEnd } from './ends.ts';
import { addRepartition, behind, repartitionNames } from './repartition.ts';
import type { Serdes } from './serdes.ts';

/** Records that are to be aggregated by their keys. */
export class Grouping {
  readonly draft: GraphDraft;
  readonly serdes: Serdes;
  readonly #stream: StreamEnd;
  readonly #topic: string | undefined;
  #repartition: DraftRepartition | undefined;

  /** @param topic what the user calls the topic, should one be needed */
  constructor(stream: StreamEnd, serdes: Serdes, topic: string | undefined) {
    this.draft = stream.draft;
    this.serdes = serdes;
    this.#stream = stream;
    this.#topic = topic;
  }

  /**
   * Where an aggregation with this store goes on from: behind a topic if the key was changed. Aggregations share a topic that
   * the user has named.
   */
  input(store: string): StreamEnd {
    const { keyChanged, node } = this.#stream;
    if (!keyChanged) return this.#stream;
    const names = repartitionNames(this.draft, this.#topic ?? store);
    if (this.#repartition && this.#topic !== undefined) {
      this.draft.moveToEnd(this.#repartition);
    } else {
      this.#repartition = addRepartition(this.draft, node, this.serdes, names);
    }
    return behind(this.#stream, this.#repartition, this.serdes);
  }
}

export interface AggregatedTable {
  readonly name: string;
  readonly input: StreamEnd;
  readonly store: StoreBuilder;
  readonly supplier: (sendsOldValues: () => boolean) => () => Processor;
  readonly view: TableView;
  readonly serdes: Serdes;
  readonly queryableStoreName: string | undefined;
  readonly closesAfterMs?: number;
  /** Whether results go out when windows close. */
  readonly forwardsOnTime?: boolean;
}

/** Adds an aggregation: a node that always keeps its rows. */
export function addAggregation(table: AggregatedTable): TableEnd {
  const { name, input, store, view, serdes, queryableStoreName, closesAfterMs } = table;
  const { forwardsOnTime = false } = table;
  const { draft, node: parent, sources } = input;
  let sendsOldValues = false;
  draft.addStore(store);
  const supplier = table.supplier(() => sendsOldValues);
  return makeTableEnd({
    draft,
    node: draft.add(
      { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier, forwardsOnTime } },
      [parent],
      { stores: () => [store.name], closesAfterMs },
    ),
    serdes,
    sources,
    queryableStoreName,
    view: () => view,
    sendOldValues() {
      sendsOldValues = true;
      return true;
    },
  });
}
