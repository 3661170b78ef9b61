import type { StreamEnd, TableEnd } from './ends.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';

/** Gives ends of the graph the operators that users see; the types are what the caller says they are. */
export interface Wrap {
  stream<K, V>(stream: StreamEnd): KStream<K, V>;
  table<K, V>(table: TableEnd): KTable<K, V>;
}
