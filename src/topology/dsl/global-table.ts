import { type GlobalTableEnd, globalTableEnd } from './ends.ts';
import type { GlobalKTable } from './ktable.ts';

/** A global table: streams are joined with it by its end. */
export class GlobalTableNode<K, V> implements GlobalKTable<K, V> {
  readonly [globalTableEnd]: GlobalTableEnd;

  constructor(table: GlobalTableEnd) {
    this[globalTableEnd] = table;
  }

  get queryableStoreName(): string {
    return this[globalTableEnd].store.name;
  }
}
