import { type TableEnd, tableEnd } from './ends.ts';
import type { Erased } from './erase.ts';
import type { KeyValue, Named } from './functions.ts';
import type { KGroupedTable } from './grouped.ts';
import { GroupedTableNode } from './grouped-table.ts';
import { joinTableWith } from './joins-calls.ts';
import type { KStream } from './kstream.ts';
import type { KTable, SuppressOptions } from './ktable.ts';
import type { Grouped, TableOptions } from './options.ts';
import type { Suppressed } from './suppressed.ts';
import { suppressTable } from './suppression.ts';
import { filterTable, mapTable, tableToStream } from './table-operators.ts';
import type { Wrap } from './wrap.ts';

/** A table as the end of one node of the draft. */
export class TableNode<K, V> implements KTable<K, V> {
  readonly [tableEnd]: TableEnd;
  readonly #wrap: Wrap;

  constructor(table: TableEnd, wrap: Wrap) {
    this[tableEnd] = table;
    this.#wrap = wrap;
  }

  get queryableStoreName(): string | undefined {
    return this[tableEnd].queryableStoreName;
  }

  filter<S extends V = V>(
    predicate: ((value: V, key: K) => value is S) | ((value: V, key: K) => boolean),
    options: TableOptions<K, S> = {},
  ): KTable<K, S> {
    const erased: Erased<[value: unknown, key: unknown], boolean> = predicate;
    return this.#wrap.table(filterTable(this[tableEnd], erased, true, options));
  }

  filterNot(predicate: (value: V, key: K) => boolean, options: TableOptions<K, V> = {}): KTable<K, V> {
    const erased: Erased<[value: unknown, key: unknown], boolean> = predicate;
    return this.#wrap.table(filterTable(this[tableEnd], erased, false, options));
  }

  mapValues<V2>(
    mapper: (value: V, key: K) => V2,
    options: TableOptions<K, NonNullable<V2>> = {},
  ): KTable<K, NonNullable<V2>> {
    const erased: Erased<[value: unknown, key: unknown], unknown> = mapper;
    return this.#wrap.table(mapTable(this[tableEnd], erased, options));
  }

  toStream(named?: Named): KStream<K, V | null>;
  toStream<K2>(keySelector: (value: V | null, key: K) => K2, named?: Named): KStream<K2, V | null>;
  toStream<K2>(
    keySelector: ((value: V | null, key: K) => K2) | Named = {},
    named: Named = {},
  ): KStream<K, V | null> | KStream<K2, V | null> {
    const own = typeof keySelector === 'function' ? named : keySelector;
    const stream = this.#wrap.stream<K, V | null>(tableToStream(this[tableEnd], own));
    return typeof keySelector === 'function' ? stream.selectKey(keySelector) : stream;
  }

  groupBy<K2, V2>(
    mapper: (value: V, key: K) => KeyValue<K2, V2>,
    grouped: Grouped<NonNullable<K2>, NonNullable<V2>> = {},
  ): KGroupedTable<NonNullable<K2>, NonNullable<V2>> {
    const erased: Erased<[value: unknown, key: unknown], KeyValue<unknown, unknown>> = mapper;
    return new GroupedTableNode(this[tableEnd], erased, grouped, this.#wrap);
  }

  suppress(suppressed: Suppressed, options: SuppressOptions<K, V> = {}): KTable<K, V> {
    return this.#wrap.table(suppressTable(this[tableEnd], suppressed, options));
  }

  join<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>> {
    return this.#join('inner', other, joiner, options);
  }

  leftJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2 | null) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>> {
    return this.#join('left', other, joiner, options);
  }

  outerJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V | null, right: V2 | null) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>> {
    return this.#join('outer', other, joiner, options);
  }

  #join<R>(
    kind: 'inner' | 'left' | 'outer',
    other: object,
    joiner: Erased<[left: unknown, right: unknown], unknown>,
    options: TableOptions<K, NonNullable<R>> | undefined,
  ): KTable<K, NonNullable<R>> {
    return this.#wrap.table(joinTableWith(this[tableEnd], kind, other, joiner, options));
  }
}
