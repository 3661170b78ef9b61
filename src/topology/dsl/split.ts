import type { Predicate, TypeGuard } from './functions.ts';

/** The branch of a `split` for records that no other branch took. */
export const otherwise: unique symbol = Symbol('otherwise');

/** Branch names with their predicates, tried in this order; the name follows the split's own in the node's name. */
export type Branches<K, V> = Readonly<Record<string, Predicate<K, V> | typeof otherwise>>;

/** What passes a type guard; `never` for other predicates. */
type Guarded<K, V, P> = P extends TypeGuard<K, V, infer S> ? S : never;

/** What every guard of the branches has let go. */
type Rest<K, V, B extends Branches<K, V>> = Exclude<V, { [N in keyof B]: Guarded<K, V, B[N]> }[keyof B]>;

/** The values of a branch, narrowed where its predicate is a type guard. */
export type BranchValue<K, V, B extends Branches<K, V>, P> = P extends typeof otherwise
  ? Rest<K, V, B>
  : [Guarded<K, V, P>] extends [never]
    ? V
    : Guarded<K, V, P>;
