/**
 * What is kept for one partition of the topic of statistics. The hash tag in braces keeps it in one slot of a cluster, so
 * that fence and counts change together; sums over partitions are made by the reader.
 *
 * - `<prefix>:{p3}:fence`: hash, topic → the offset up to which its records are counted.
 * - `<prefix>:{p3}:state`: hash, `rebuild:<topic>` → offset to which it had been counted before a loss;
 *   `missing:<topic>` → JSON of `before` (offset) and `since` (ISO 8601).
 * - `<prefix>:{p3}:counts:2026-11-20`: hash, `["customer","type","outcome"]` → images received on that day (UTC).
 */
export class PartitionKeys {
  readonly fence: string;
  readonly state: string;
  readonly #base: string;

  constructor(prefix: string, partition: number) {
    this.#base = `${prefix}:{p${partition}}`;
    this.fence = `${this.#base}:fence`;
    this.state = `${this.#base}:state`;
  }

  counts(day: string): string {
    return `${this.#base}:counts:${day}`;
  }
}

const KEY = /:\{p(\d+)\}:(?:(fence|state)|counts:(\d{4}-\d{2}-\d{2}))$/;

export type ParsedKey =
  | { readonly kind: 'fence' | 'state'; readonly partition: number }
  | { readonly kind: 'counts'; readonly partition: number; readonly day: string };

/** Which of the above a key is; undefined for any other. */
export function parseKey(key: string): ParsedKey | undefined {
  const [, partition, kind, day] = KEY.exec(key) ?? [];
  if (day !== undefined) return { kind: 'counts', partition: Number(partition), day };
  return kind === 'fence' || kind === 'state' ? { kind, partition: Number(partition) } : undefined;
}

/** Matches all keys of all partitions, for SCAN. */
export const keyPattern = (prefix: string): string => `${prefix.replace(/[\\*?[\]^]/g, '\\$&')}:{p*}:*`;
