import { buildTopology } from '../graph/build.ts';
import { GraphDraft } from '../graph/draft.ts';
import type { TimestampExtractor } from '../graph/nodes.ts';
import type { Topology } from '../graph/topology.ts';
import { type Erased, eraseSerde } from './erase.ts';
import type { KStream } from './kstream.ts';
import type { Consumed } from './options.ts';
import { deserializer } from './serdes.ts';
import { StreamNode } from './stream-node.ts';

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
    return new StreamNode({ draft, node, serdes, sources: [node], keyChanged: false });
  }

  /** The finished topology. Throws one TopologyError that names every mistake. */
  build(): Topology {
    return buildTopology(this.#draft);
  }
}
