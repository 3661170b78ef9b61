import { buildTopology } from '../graph/build.ts';
import { GraphDraft } from '../graph/draft.ts';
import type { StoreBuilder, TimestampExtractor } from '../graph/nodes.ts';
import type { Topology } from '../graph/topology.ts';
import { type Erased, eraseSerde } from './erase.ts';
import { GlobalTableNode } from './global-table.ts';
import type { KStream } from './kstream.ts';
import type { GlobalKTable, KTable } from './ktable.ts';
import type { Consumed } from './options.ts';
import { deserializer } from './serdes.ts';
import { StreamNode } from './stream-node.ts';
import { TableNode } from './table-node.ts';
import { type ConsumedGlobalTable, type ConsumedTable, readGlobalTable, readTable } from './table-sources.ts';
import type { Wrap } from './wrap.ts';

export interface BuilderOptions {
  /**
   * Results of closed windows, and of joins without a partner, are looked for at most once in so many ms of wall clock; 0:
   * with every record. Default 1,000, as in Kafka Streams.
   */
  readonly emitIntervalMs?: number;
}

/** Where a topology begins. Describing it opens nothing; `build` checks it as a whole. */
export class StreamsBuilder {
  readonly #draft: GraphDraft;
  readonly #wrap: Wrap = {
    stream: (stream) => new StreamNode(stream, this.#wrap),
    table: (table) => new TableNode(table, this.#wrap),
  };

  constructor({ emitIntervalMs = 1_000 }: BuilderOptions = {}) {
    this.#draft = new GraphDraft({ emitIntervalMs });
    if (!(emitIntervalMs >= 0 && Number.isFinite(emitIntervalMs))) {
      this.#draft.problem(`emitIntervalMs must be 0 ms or more; got ${emitIntervalMs}`);
    }
  }

  /**
   * The records of one or several topics. Calls with the same topics share one source node (the first call's name and
   * timestamp extractor), so each record is read once.
   */
  stream<K = Buffer | null, V = Buffer | null>(
    topics: string | readonly string[],
    consumed: Consumed<K, V> = {},
  ): KStream<K, V> {
    const { as, key, value, timestampExtractor } = consumed;
    const draft = this.#draft;
    const name = draft.nameOr(as, 'KSTREAM-SOURCE-');
    const serdes = { key: eraseSerde(key), value: eraseSerde(value) };
    const extractor: Erased<Parameters<TimestampExtractor>, number> | undefined = timestampExtractor;
    const node = draft.addSource(
      {
        kind: 'source',
        name,
        topics: [...new Set(typeof topics === 'string' ? [topics] : topics)],
        deserializeKey: deserializer(serdes, 'key'),
        deserializeValue: deserializer(serdes, 'value'),
        ...(extractor && { timestampExtractor: extractor }),
      },
      { label: as, serdes: [key, value], shared: true },
    );
    return this.#wrap.stream({ draft, node, serdes, sources: [node], keyChanged: false });
  }

  /**
   * The records of a topic as a table: the last value of each key; a record without a value deletes, one without a key is left out and
   * counted. Tables of a builder each have topics of their own.
   */
  table<K = Buffer, V = Buffer>(
    topic: string,
    consumed: ConsumedTable<K, V> = {},
  ): KTable<NonNullable<K>, NonNullable<V>> {
    return this.#wrap.table(readTable(this.#draft, topic, consumed));
  }

  /**
   * A table that every instance holds whole, all partitions of it: read to its end before tasks run, then followed. No changelog.
   * `materialized` must name the store (`as`); without `materialized` it has a generated name.
   */
  globalTable<K = Buffer, V = Buffer>(
    topic: string,
    consumed: ConsumedGlobalTable<K, V> = {},
  ): GlobalKTable<NonNullable<K>, NonNullable<V>> {
    return new GlobalTableNode(readGlobalTable(this.#draft, topic, consumed));
  }

  /** A store for `process` and `processValues`, which name it in their options. */
  addStateStore(store: StoreBuilder): this {
    this.#draft.placeStore(store);
    return this;
  }

  /** The finished topology. Throws one TopologyError that names every mistake. */
  build(): Topology {
    return buildTopology(this.#draft);
  }
}
