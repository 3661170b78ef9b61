import { counting, reducing } from '../operators/aggregation.ts';
import type { SessionWindows, TimeWindows } from '../operators/time-windows.ts';
import { longSerde } from '../serde.ts';
import { type AggregationKind, aggregateByKey } from './aggregations.ts';
import { type Erased, eraseSerde } from './erase.ts';
import type {
  Aggregator,
  Initializer,
  KGroupedStream,
  SessionWindowedKStream,
  TimeWindowedKStream,
} from './grouped.ts';
import type { Grouping } from './grouping.ts';
import type { KTable } from './ktable.ts';
import type { TableOptions } from './options.ts';
import { SessionWindowedNode, TimeWindowedNode } from './windowed-stream.ts';
import type { Wrap } from './wrap.ts';

/** A stream's records, grouped by key. */
export class GroupedStreamNode<K, V> implements KGroupedStream<K, V> {
  readonly #grouping: Grouping;
  readonly #wrap: Wrap;

  constructor(grouping: Grouping, wrap: Wrap) {
    this.#grouping = grouping;
    this.#wrap = wrap;
  }

  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    const kind: AggregationKind = {
      prefix: 'KSTREAM-AGGREGATE-',
      value: eraseSerde(longSerde),
      counts: true,
    };
    return this.#wrap.table(aggregateByKey(this.#grouping, counting, kind, options));
  }

  reduce(
    reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => V | null,
    options: TableOptions<K, NonNullable<V>> = {},
  ): KTable<K, NonNullable<V>> {
    const erased: Erased<[aggregate: unknown, value: unknown], unknown> = reducer;
    const kind: AggregationKind = { prefix: 'KSTREAM-REDUCE-', value: this.#grouping.serdes.value };
    return this.#wrap.table(aggregateByKey(this.#grouping, reducing(erased), kind, options));
  }

  aggregate<A>(
    initialize: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<K, NonNullable<A>> {
    const add: Erased<[aggregate: unknown, value: unknown, key: unknown], unknown> = aggregator;
    const kind: AggregationKind = { prefix: 'KSTREAM-AGGREGATE-', value: undefined };
    return this.#wrap.table(aggregateByKey(this.#grouping, { initialize, add }, kind, options));
  }

  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V>;
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>;
  windowedBy(
    windows: TimeWindows | SessionWindows,
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    return windows.kind === 'time'
      ? new TimeWindowedNode(this.#grouping, windows, this.#wrap)
      : new SessionWindowedNode(this.#grouping, windows, this.#wrap);
  }
}
