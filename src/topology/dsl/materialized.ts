import type { GraphDraft } from '../graph/draft.ts';
import { eraseSerde } from './erase.ts';
import type { Materialized } from './options.ts';
import { deserializer, type Serdes, serializer } from './serdes.ts';

/** A store that is to be made. */
export interface StorePlan {
  readonly name: string;
  /** The name if the user gave it. */
  readonly queryable: string | undefined;
  readonly serdes: Serdes;
  /** For the store's builder. */
  readonly options: {
    readonly key: ReturnType<typeof storeSerde>;
    readonly value: ReturnType<typeof storeSerde>;
    readonly persistent: boolean;
    readonly logged: boolean;
  };
}

/** Bytes where no serde is known. */
export function storeSerde(serdes: Serdes, part: keyof Serdes, store: string) {
  return { serialize: serializer(serdes, part, store), deserialize: deserializer(serdes, part) };
}

/** The serdes that were given for a store, else those that were known. */
export function givenSerdes<K, V>(
  materialized: Pick<Materialized<K, V>, 'key' | 'value'> | undefined,
  known: Serdes,
): Serdes {
  return {
    key: eraseSerde(materialized?.key) ?? known.key,
    value: eraseSerde(materialized?.value) ?? known.value,
  };
}

/** Names the store of a table; a generated name uses up an index. */
export function planStore<K, V>(
  draft: GraphDraft,
  materialized: Materialized<K, V> | undefined,
  prefix: string,
  known: Serdes,
): StorePlan {
  const queryable = materialized?.as;
  const name = queryable ?? draft.generateStoreName(prefix);
  const { retentionMs = 0 } = materialized ?? {};
  if (retentionMs < 0)
    draft.problem(`retentionMs of the store "${name}" must be at least 0; got ${retentionMs}`);
  const serdes = givenSerdes(materialized, known);
  return {
    name,
    queryable,
    serdes,
    options: {
      key: storeSerde(serdes, 'key', name),
      value: storeSerde(serdes, 'value', name),
      persistent: materialized?.persistent ?? true,
      logged: materialized?.logging ?? true,
    },
  };
}
