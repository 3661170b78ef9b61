import { type KStream, type Serde, StreamsBuilder } from '../../src/topology/index.ts';
import type { Case, Entry } from './case.ts';
import type { Text } from './functions.ts';
import * as functions from './functions.ts';
import { processors, valueProcessors } from './processors.ts';

type Stream = KStream<Text, Text>;
type BranchEntry = NonNullable<Entry['branches']>[number];

/** Java's String serde: half of a surrogate pair becomes "?". */
const textSerde: Serde<Text> = {
  serialize: (_topic, text) => (text === null ? null : Buffer.from(text.replace(/\p{Surrogate}/gu, '?'))),
  deserialize: (_topic, bytes) => bytes?.toString() ?? null,
};

/** The case itself is wrong: it names what is not there. */
class CaseError extends Error {}

function lookUp<F>(table: Readonly<Record<string, F>>, name: string | undefined, kind: string): F {
  const found = name === undefined ? undefined : table[name];
  if (found === undefined) throw new CaseError(`no ${kind} named ${name}`);
  return found;
}

/** Names what a case needs that is not built, or undefined. */
export function missing(testCase: Case): string | undefined {
  for (const { op, processor = '', stores = [], ...entry } of testCase.topology) {
    if (!(op in calls)) return op;
    if ('materialized' in entry) return `${op} of a table`;
    if (stores.length > 0) return `${op} with a state store (${processor})`;
    if (op === 'process' && !(processor in processors)) return `punctuation (${processor})`;
    if (op === 'processValues' && !(processor in valueProcessors)) return `punctuation (${processor})`;
  }
  return undefined;
}

const named = ({ name }: { readonly name?: string }) => (name === undefined ? {} : { as: name });

/** Makes the DSL calls of one case, in order. */
export class Adapter {
  readonly builder = new StreamsBuilder();
  readonly staticTopics = new Set<string>();
  readonly branchKeys = new Map<string, string[]>();
  readonly #trace: (id: string, key: Text, value: Text) => void;
  readonly #streams = new Map<string, Stream>();

  constructor(trace: (id: string, key: Text, value: Text) => void) {
    this.#trace = trace;
  }

  add(entry: Entry): void {
    const result = lookUp(calls, entry.op, 'operator')(this, entry);
    if (result && entry.id !== undefined) this.#streams.set(entry.id, result);
  }

  stream(id: string | undefined): Stream {
    const found = id === undefined ? undefined : this.#streams.get(id);
    if (!found) throw new CaseError(`no stream with id ${id}`);
    return found;
  }

  keep(id: string, stream: Stream): void {
    this.#streams.set(id, stream);
  }

  trace({ id }: Entry): (value: Text, key: Text) => void {
    return (value, key) => this.#trace(id ?? '', key, value);
  }
}

function split(adapter: Adapter, entry: Entry): undefined {
  const branched = adapter.stream(entry.from).branched(named(entry));
  const viaMap = entry.via === 'map';
  const keys = new Map<string, string>();
  const options = (branch: Omit<BranchEntry, 'fn'>, index: number) => {
    keys.set(branch.name ?? String(index), branch.id);
    return { ...named(branch), ...(!viaMap && { consumer: (s: Stream) => adapter.keep(branch.id, s) }) };
  };
  for (const [i, branch] of (entry.branches ?? []).entries()) {
    branched.branch(lookUp(functions.predicates, branch.fn, 'predicate'), options(branch, i + 1));
  }
  const streams = entry.default
    ? branched.defaultBranch(options(entry.default, 0))
    : branched.noDefaultBranch();
  adapter.branchKeys.set(entry.id ?? '', [...streams.keys()].toSorted());
  for (const [name, stream] of streams) {
    const suffix =
      entry.name === undefined
        ? name.replace(/^KSTREAM-BRANCH-[0-9]{10}/, '')
        : name.slice(entry.name.length);
    const id = keys.get(suffix);
    if (id !== undefined) adapter.keep(id, stream);
  }
}

function to(adapter: Adapter, entry: Entry): undefined {
  const stream = adapter.stream(entry.from);
  const produced = { ...named(entry), key: textSerde, value: textSerde };
  if (entry.topicFn !== undefined) {
    stream.to(
      { name: entry.topicFn, extract: lookUp(functions.topicExtractors, entry.topicFn, 'topic extractor') },
      produced,
    );
    return;
  }
  const topic = entry.topic ?? '';
  adapter.staticTopics.add(topic);
  stream.to(topic, produced);
}

type Call = (adapter: Adapter, entry: Entry) => Stream | undefined;

/** The operators that are built. */
const calls: Readonly<Record<string, Call>> = {
  stream: (a, e) =>
    a.builder.stream(e.topics ?? [], {
      ...named(e),
      key: textSerde,
      value: textSerde,
      ...(e.timestampExtractor !== undefined && {
        timestampExtractor: lookUp(
          functions.timestampExtractors,
          e.timestampExtractor,
          'timestamp extractor',
        ),
      }),
    }),
  filter: (a, e) => a.stream(e.from).filter(lookUp(functions.predicates, e.fn, 'predicate'), named(e)),
  filterNot: (a, e) => a.stream(e.from).filterNot(lookUp(functions.predicates, e.fn, 'predicate'), named(e)),
  map: (a, e) => a.stream(e.from).map(lookUp(functions.keyValueMappers, e.fn, 'key-value mapper'), named(e)),
  mapValues: (a, e) =>
    a
      .stream(e.from)
      .mapValues(
        e.fn === undefined
          ? lookUp(functions.valueMappersWithKey, e.fnWithKey, 'value mapper with key')
          : lookUp(functions.valueMappers, e.fn, 'value mapper'),
        named(e),
      ),
  flatMap: (a, e) => a.stream(e.from).flatMap(lookUp(functions.flatMappers, e.fn, 'flat mapper'), named(e)),
  flatMapValues: (a, e) =>
    a
      .stream(e.from)
      .flatMapValues(
        e.fn === undefined
          ? lookUp(functions.flatValueMappersWithKey, e.fnWithKey, 'flat value mapper with key')
          : lookUp(functions.flatValueMappers, e.fn, 'flat value mapper'),
        named(e),
      ),
  selectKey: (a, e) =>
    a.stream(e.from).selectKey(lookUp(functions.keySelectors, e.fn, 'key selector'), named(e)),
  peek: (a, e) => a.stream(e.from).peek(a.trace(e), named(e)),
  foreach: (a, e) => {
    a.stream(e.from).foreach(a.trace(e), named(e));
    return undefined;
  },
  merge: (a, e) => a.stream(e.from).merge(a.stream(e.with), named(e)),
  split,
  repartition: (a, e) =>
    a.stream(e.from).repartition({
      ...named(e),
      key: textSerde,
      value: textSerde,
      ...(e.partitions !== undefined && { partitions: e.partitions }),
    }),
  process: (a, e) => a.stream(e.from).process(lookUp(processors, e.processor, 'processor'), named(e)),
  processValues: (a, e) =>
    a.stream(e.from).processValues(lookUp(valueProcessors, e.processor, 'processor'), named(e)),
  to,
};
