import type { RecordContext } from '../record.ts';
import type { Serde } from '../serde.ts';
import type { SerdeFor } from './options.ts';

/**
 * A function type that is compared as TypeScript compares methods, so that a function over `K` and `V` can enter the graph,
 * which knows no types of records, without a cast. The types are held by KStream alone.
 */
export type Erased<Args extends readonly unknown[], R> = { call(...args: Args): R }['call'];

/** A user's function of a record, value first. */
export type ErasedFunction<R> = Erased<[value: unknown, key: unknown, context: RecordContext], R>;

/** A serde whose type is forgotten; compared as methods are. */
export interface ErasedSerde {
  serialize(topic: string, value: unknown): Buffer | null;
  deserialize(topic: string, bytes: Buffer | null): unknown;
}

/** The same object, its type forgotten. */
export function eraseSerde<T>(serde: SerdeFor<T> | undefined): Serde<unknown> | undefined {
  const erased: ErasedSerde | undefined = serde;
  return erased;
}
