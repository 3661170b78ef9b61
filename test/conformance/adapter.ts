import type { Entry } from './case.ts';
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
} from './dsl.ts';
import { show, type Text, text } from './functions.ts';
import { CaseError } from './look-up.ts';

export type Stream = KStream<unknown, unknown>;
export type Table = KTable<unknown, unknown>;
type TextStore = KeyValueStore<unknown, unknown>;

/** What a DSL call of a case can return. */
export type Made =
  | { readonly kind: 'stream'; readonly it: Stream }
  | { readonly kind: 'table'; readonly it: Table }
  | { readonly kind: 'global'; readonly it: GlobalKTable<unknown, unknown> }
  | { readonly kind: 'grouped stream'; readonly it: KGroupedStream<unknown, unknown> }
  | { readonly kind: 'grouped table'; readonly it: KGroupedTable<unknown, unknown> }
  | { readonly kind: 'time windows'; readonly it: TimeWindowedKStream<unknown, unknown> }
  | { readonly kind: 'session windows'; readonly it: SessionWindowedKStream<unknown, unknown> };

type Kind = Made['kind'];

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

export const textSerdes = { key: textSerde, value: textSerde };

export const named = ({ name }: { readonly name?: string }) => (name === undefined ? {} : { as: name });

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
    if (made.kind !== 'table' && made.kind !== 'global') return;
    const store = made.it.queryableStoreName;
    if (store !== undefined) this.queryableStores.set(id, store);
  }

  made(id: string | undefined): Made {
    const found = id === undefined ? undefined : this.#made.get(id);
    if (!found) throw new CaseError(`nothing has the id ${id}`);
    return found;
  }

  /** What has the id, if it is of this kind. */
  get<K extends Kind>(kind: K, id: string | undefined): Extract<Made, { kind: K }>['it'] {
    const found = this.made(id);
    if (!isKind(found, kind)) throw new CaseError(`"${id}" is a ${found.kind}, no ${kind}`);
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

function isKind<K extends Kind>(made: Made, kind: K): made is Extract<Made, { kind: K }> {
  return made.kind === kind;
}
