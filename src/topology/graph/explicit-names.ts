import { StreamsError } from '../errors.ts';
import type { Topology } from './topology.ts';

/** `KSTREAM-REDUCE-STATE-STORE-0000000002`, `KSTREAM-MAP-0000000003-repartition`, `orders-STATE-STORE-0000000004`. */
const GENERATED = /^K(STREAM|TABLE)-[A-Z-]*\d{10}(-|$)|-STATE-STORE-\d{10}$/;

export const isGenerated = (name: string): boolean => GENERATED.test(name);

/** The stores and repartition topics whose names were generated, and move when the topology changes. */
export function generatedNames({ subTopologies, repartitionTopics }: Topology): {
  readonly stores: readonly string[];
  readonly repartitions: readonly string[];
} {
  const stores = subTopologies.flatMap((sub) => sub.stores.map(({ name }) => name));
  const topics = repartitionTopics.map(({ name }) => name);
  const generated = (names: readonly string[]) => [...new Set(names)].filter(isGenerated);
  return { stores: generated(stores), repartitions: generated(topics) };
}

/** Throws NAMES_GENERATED naming all of them. */
export function requireNames(topology: Topology): void {
  const { stores, repartitions } = generatedNames(topology);
  if (stores.length + repartitions.length === 0) return;
  throw new StreamsError(
    'NAMES_GENERATED',
    'fail',
    [
      'the topology has stores or topics with generated names; an operator added before them would rename them, and their state and records ' +
        'would be lost to the application. Name them:',
      ...stores.map(
        (name) =>
          `  - store ${name}: materialized: { as: '…' }; "as" of suppress; "store" of a join of streams`,
      ),
      ...repartitions.map(
        (name) => `  - topic ${name}: "as" of repartition, groupBy, groupByKey or the join`,
      ),
      'Or set requireNames: false where losing them does no harm',
    ].join('\n'),
  );
}
