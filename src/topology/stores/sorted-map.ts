import { createRequire } from 'node:module';

/** Required, since loaders do not agree on what the default of a CommonJS module with a `default` is. */
const btree: typeof import('sorted-btree') = createRequire(import.meta.url)('sorted-btree');

/** A map ordered by its keys' code units: for keys that are latin1 text of bytes, the order of the bytes. */
export type SortedMap<V> = InstanceType<typeof btree.default<string, V>>;

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function sortedMap<V>(): SortedMap<V> {
  return new btree.default<string, V>([], byCodeUnits);
}

/** Equal texts for equal bytes, and compared as the bytes are. */
export function textOf(key: Buffer): string {
  return key.toString('latin1');
}

/** Keys from `from`, inclusive, to `to`, exclusive; `null` is open. */
export interface TextRange {
  readonly from: string | null;
  readonly to: string | null;
  readonly reverse: boolean;
}

export function textRange(from: Buffer | null, to: Buffer | null, reverse: boolean): TextRange {
  return { from: from && textOf(from), to: to && textOf(to), reverse };
}

/** The pair of the range that comes after `last`; null: the first. Looks anew, so the map may change between steps. */
export function nextPair<V>(
  map: SortedMap<V>,
  range: TextRange,
  last: string | null,
): [string, V] | undefined {
  if (range.reverse) {
    const pair = map.nextLowerPair(last ?? range.to ?? undefined);
    return pair !== undefined && (range.from === null || pair[0] >= range.from) ? pair : undefined;
  }
  const pair =
    last === null && range.from !== null
      ? map.getPairOrNextHigher(range.from)
      : map.nextHigherPair(last ?? undefined);
  return pair !== undefined && (range.to === null || pair[0] < range.to) ? pair : undefined;
}
