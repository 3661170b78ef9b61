/** A join's own function: what a record or row of the left and one of the right become; `null` stands for a missing one. */
export type Joiner = (left: unknown, right: unknown, key: unknown) => unknown;

/** Streams and tables of JavaScript may hold `undefined` where Kafka has null: neither is a value to join. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
