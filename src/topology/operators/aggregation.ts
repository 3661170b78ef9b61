import { isAbsent } from './join-values.ts';

/** What records make of an aggregate; null: there is none. */
export interface Aggregation {
  /** What a key begins with. */
  readonly initialize: () => unknown;
  readonly add: (aggregate: unknown, value: unknown, key: unknown) => unknown;
}

/** What changed rows make of the aggregate of their group. */
export interface TableAggregation extends Aggregation {
  readonly subtract: (aggregate: unknown, value: unknown, key: unknown) => unknown;
}

const asCount = (aggregate: unknown): number => (typeof aggregate === 'number' ? aggregate : 0);

export const counting: TableAggregation = {
  initialize: () => 0,
  add: (aggregate) => asCount(aggregate) + 1,
  subtract: (aggregate) => asCount(aggregate) - 1,
};

/** The first value is the aggregate; the reducer is called from the second on. */
export function reducing(reducer: (aggregate: unknown, value: unknown) => unknown): Aggregation {
  return {
    initialize: () => null,
    add: (aggregate, value) => (isAbsent(aggregate) ? value : reducer(aggregate, value)),
  };
}
