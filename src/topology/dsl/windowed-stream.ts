import { type Aggregation, counting, reducing } from '../operators/aggregation.ts';
import type { SessionAggregation } from '../operators/session-aggregate.ts';
import type { SessionWindows, TimeWindows } from '../operators/time-windows.ts';
import { longSerde } from '../serde.ts';
import type { Windowed } from '../stores/types.ts';
import { type AggregationKind, aggregateBySession, aggregateByWindow } from './aggregations.ts';
import { type Erased, eraseSerde } from './erase.ts';
import type {
  Aggregator,
  EmitStrategy,
  Initializer,
  SessionWindowedKStream,
  TimeWindowedKStream,
} from './grouped.ts';
import type { Grouping } from './grouping.ts';
import type { KTable } from './ktable.ts';
import type { TableOptions } from './options.ts';
import type { Wrap } from './wrap.ts';

const COUNT: AggregationKind = { prefix: 'KSTREAM-AGGREGATE-', value: eraseSerde(longSerde), counts: true };
const AGGREGATE: AggregationKind = { prefix: 'KSTREAM-AGGREGATE-', value: undefined };

/** A grouped stream's records, by window. */
export class TimeWindowedNode<K, V> implements TimeWindowedKStream<K, V> {
  readonly #grouping: Grouping;
  readonly #windows: TimeWindows;
  #strategy: EmitStrategy = 'onWindowUpdate';
  readonly #wrap: Wrap;

  constructor(grouping: Grouping, windows: TimeWindows, wrap: Wrap) {
    this.#grouping = grouping;
    this.#windows = windows;
    this.#wrap = wrap;
  }

  count(options: TableOptions<K, number> = {}): KTable<Windowed<K>, number> {
    return this.#aggregate(counting, COUNT, options);
  }

  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V | null,
    options: TableOptions<K, NonNullable<V>> = {},
  ): KTable<Windowed<K>, NonNullable<V>> {
    const erased: Erased<[aggregate: unknown, value: unknown], unknown> = reducer;
    const kind: AggregationKind = { prefix: 'KSTREAM-REDUCE-', value: this.#grouping.serdes.value };
    return this.#aggregate(reducing(erased), kind, options);
  }

  aggregate<A>(
    initialize: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<Windowed<K>, NonNullable<A>> {
    const add: Erased<[aggregate: unknown, value: unknown, key: unknown], unknown> = aggregator;
    return this.#aggregate({ initialize, add }, AGGREGATE, options);
  }

  emitStrategy(strategy: EmitStrategy): this {
    this.#strategy = strategy;
    return this;
  }

  #aggregate<A>(aggregation: Aggregation, kind: AggregationKind, options: TableOptions<K, A>) {
    return this.#wrap.table<Windowed<K>, A>(
      aggregateByWindow(this.#grouping, this.#windows, this.#strategy, aggregation, kind, options),
    );
  }
}

/** A grouped stream's records, by session. */
export class SessionWindowedNode<K, V> implements SessionWindowedKStream<K, V> {
  readonly #grouping: Grouping;
  readonly #windows: SessionWindows;
  #strategy: EmitStrategy = 'onWindowUpdate';
  readonly #wrap: Wrap;

  constructor(grouping: Grouping, windows: SessionWindows, wrap: Wrap) {
    this.#grouping = grouping;
    this.#windows = windows;
    this.#wrap = wrap;
  }

  count(options: TableOptions<K, number> = {}): KTable<Windowed<K>, number> {
    const merge = (left: unknown, right: unknown) => Number(left) + Number(right);
    return this.#aggregate({ ...counting, merge }, COUNT, options);
  }

  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V | null,
    options: TableOptions<K, NonNullable<V>> = {},
  ): KTable<Windowed<K>, NonNullable<V>> {
    const erased: Erased<[aggregate: unknown, value: unknown], unknown> = reducer;
    const kind: AggregationKind = { prefix: 'KSTREAM-REDUCE-', value: this.#grouping.serdes.value };
    const { initialize, add } = reducing(erased);
    return this.#aggregate({ initialize, add, merge: add }, kind, options);
  }

  aggregate<A>(
    initialize: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: (left: A, right: A, key: K) => A | null,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<Windowed<K>, NonNullable<A>> {
    const add: Erased<[aggregate: unknown, value: unknown, key: unknown], unknown> = aggregator;
    const merge: Erased<[left: unknown, right: unknown, key: unknown], unknown> = merger;
    return this.#aggregate({ initialize, add, merge }, AGGREGATE, options);
  }

  emitStrategy(strategy: EmitStrategy): this {
    this.#strategy = strategy;
    return this;
  }

  #aggregate<A>(aggregation: SessionAggregation, kind: AggregationKind, options: TableOptions<K, A>) {
    return this.#wrap.table<Windowed<K>, A>(
      aggregateBySession(this.#grouping, this.#windows, this.#strategy, aggregation, kind, options),
    );
  }
}
