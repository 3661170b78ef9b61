import {
  type GlobalKTable,
  type KeyValueStore,
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  keyValueStore,
  type Serde,
  type SessionWindowedKStream,
  type StoreBuilder,
  StreamsBuilder,
  type TimeWindowedKStream,
} from '../../src/topology/index.ts';
import type { Entry } from './case.ts';
import { show, type Text, text } from './functions.ts';
import { CaseError } from './look-up.ts';

export type Stream = KStream<unknown, unknown>;
/** Keys and values of rows are never null. */
type Some = NonNullable<unknown>;
export type Table = KTable<Some, Some>;
type GlobalTable = GlobalKTable<Some, Some>;
type TextStore = KeyValueStore<unknown, unknown>;

/** What a DSL call of a case can return. */
export type Made =
  | { readonly kind: 'stream'; readonly it: Stream }
  | { readonly kind: 'table'; readonly it: Table }
  | { readonly kind: 'global table'; readonly it: GlobalTable }
  | { readonly kind: 'grouped stream'; readonly it: KGroupedStream<Some, unknown> }
  | { readonly kind: 'grouped table'; readonly it: KGroupedTable<Some, Some> }
  | { readonly kind: 'time windows'; readonly it: TimeWindowedKStream<Some, unknown> }
  | { readonly kind: 'session windows'; readonly it: SessionWindowedKStream<Some, unknown> };

/** Makes one DSL call. */
export type Call = (adapter: Adapter, entry: Entry) => Made | undefined;

export type Calls = Readonly<Record<string, Call>>;

/** Java's String serde: half of a surrogate pair becomes "?", and what is no text fails. */
export const textSerde: Serde<unknown> = {
  serialize(topic, data) {
    if (data === null) return null;
    if (typeof data !== 'string') throw new TypeError(`${topic} takes text; got ${show(data)}`);
    return Buffer.from(data.replace(/\p{Surrogate}/gu, '?'));
  },
  deserialize: (_topic, bytes) => bytes?.toString() ?? null,
};

/** For what is held back below a mapper: Kafka Streams has default serdes for it in its configuration. */
export const textOrCountSerde: Serde<unknown> = {
  serialize: (_topic, data) => (data === null ? null : Buffer.from(JSON.stringify(data))),
  deserialize: (_topic, bytes) => bytes && JSON.parse(bytes.toString()),
};

export const textSerdes = { key: textSerde, value: textSerde };

export const named = ({ name }: { readonly name?: string }) => (name === undefined ? {} : { as: name });

/** The case calls what this has not. */
export const unfit = ({ kind }: Made) => new CaseError(`a ${kind} has no such operator`);

/** What the DSL calls of one case have made so far. */
export class Adapter {
  readonly builder: StreamsBuilder;
  readonly staticTopics = new Set<string>();
  readonly branchKeys = new Map<string, string[]>();
  readonly queryableStores = new Map<string, string>();
  readonly storeNames = new Set<string>();
  readonly #trace: (id: string, key: Text, value: Text) => void;
  readonly #made = new Map<string, Made>();
  readonly #stores = new Map<string, StoreBuilder<TextStore>>();

  constructor(trace: (id: string, key: Text, value: Text) => void, emitIntervalMs: number) {
    this.builder = new StreamsBuilder({ emitIntervalMs });
    this.#trace = trace;
  }

  keep(id: string, made: Made): void {
    this.#made.set(id, made);
    if (made.kind !== 'table' && made.kind !== 'global table') return;
    const store = made.it.queryableStoreName;
    if (store !== undefined) this.queryableStores.set(id, store);
  }

  made(id: string | undefined): Made {
    const found = id === undefined ? undefined : this.#made.get(id);
    if (!found) throw new CaseError(`nothing has the id ${id}`);
    return found;
  }

  stream(id: string | undefined): Stream {
    const found = this.made(id);
    if (found.kind !== 'stream') throw unfit(found);
    return found.it;
  }

  table(id: string | undefined): Table {
    const found = this.made(id);
    if (found.kind !== 'table') throw unfit(found);
    return found.it;
  }

  globalTable(id: string | undefined): GlobalTable {
    const found = this.made(id);
    if (found.kind !== 'global table') throw unfit(found);
    return found.it;
  }

  addStore(name: string): void {
    const store = keyValueStore<unknown, unknown>(name, textSerdes);
    this.storeNames.add(name);
    this.#stores.set(name, store);
    this.builder.addStateStore(store);
  }

  store(name: string): StoreBuilder<TextStore> {
    return this.#stores.get(name) ?? keyValueStore<unknown, unknown>(name, textSerdes);
  }

  trace({ id = '' }: Entry): (value: unknown, key: unknown) => void {
    return (value, key) => this.#trace(id, text(key), text(value));
  }
}
