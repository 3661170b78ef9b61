import { type Adapter, type Calls, type Made, named, type Stream, textSerdes } from '../adapter.ts';
import type { Entry } from '../case.ts';
import * as functions from '../functions.ts';
import { lookUp } from '../look-up.ts';
import { type ProcessorMaker, processors, valueProcessors } from '../processors.ts';

type BranchEntry = NonNullable<Entry['branches']>[number];

const stream = (it: Stream): Made => ({ kind: 'stream', it });

/** How a topic of the case is read. */
export function consumed(entry: Entry) {
  const { timestampExtractor: name } = entry;
  return {
    ...named(entry),
    ...textSerdes,
    ...(name !== undefined && {
      timestampExtractor: lookUp(functions.timestampExtractors, name, 'timestamp extractor'),
    }),
  };
}

/** The value mapper of an entry, with or without the key. */
export const valueMapper = ({ fn, fnWithKey }: Entry) =>
  fn === undefined
    ? lookUp(functions.valueMappersWithKey, fnWithKey, 'value mapper with key')
    : lookUp(functions.valueMappers, fn, 'value mapper');

const flatValueMapper = ({ fn, fnWithKey }: Entry) =>
  fn === undefined
    ? lookUp(functions.flatValueMappersWithKey, fnWithKey, 'flat value mapper with key')
    : lookUp(functions.flatValueMappers, fn, 'flat value mapper');

function split(adapter: Adapter, entry: Entry): undefined {
  const branched = adapter.stream(entry.from).branched(named(entry));
  const viaMap = entry.via === 'map';
  const ids: (readonly [suffix: string, id: string])[] = [];
  const options = (branch: Omit<BranchEntry, 'fn'>, index: number) => {
    ids.push([branch.name ?? String(index), branch.id]);
    return {
      ...named(branch),
      ...(!viaMap && { consumer: (s: Stream) => adapter.keep(branch.id, stream(s)) }),
    };
  };
  for (const [i, branch] of (entry.branches ?? []).entries()) {
    branched.branch(lookUp(functions.predicates, branch.fn, 'predicate'), options(branch, i + 1));
  }
  const streams = entry.default
    ? branched.defaultBranch(options(entry.default, 0))
    : branched.noDefaultBranch();
  adapter.branchKeys.set(entry.id ?? '', [...streams.keys()].toSorted());
  for (const [name, it] of streams) {
    const suffix =
      entry.name === undefined
        ? name.replace(/^KSTREAM-BRANCH-[0-9]{10}/, '')
        : name.slice(entry.name.length);
    for (const [own, id] of ids) if (own === suffix) adapter.keep(id, stream(it));
  }
}

function to(adapter: Adapter, entry: Entry): undefined {
  const from = adapter.stream(entry.from);
  const produced = { ...named(entry), ...textSerdes };
  if (entry.topicFn !== undefined) {
    const extract = lookUp(functions.topicExtractors, entry.topicFn, 'topic extractor');
    from.to({ name: entry.topicFn, extract }, produced);
    return;
  }
  const topic = entry.topic ?? '';
  adapter.staticTopics.add(topic);
  from.to(topic, produced);
}

/** The supplier of a processor, and the stores that it is connected to. */
function processing(adapter: Adapter, entry: Entry, makers: Readonly<Record<string, ProcessorMaker>>) {
  const { stores = [] } = entry;
  const [first] = stores;
  const make = lookUp(makers, entry.processor, 'processor');
  const supplier = make(first === undefined ? undefined : adapter.store(first));
  return [supplier, { ...named(entry), ...(first !== undefined && { stores }) }] as const;
}

export const streamCalls: Calls = {
  stream: (a, e) => stream(a.builder.stream(e.topics ?? [], consumed(e))),
  addStore: (a, e) => {
    a.addStore(e.store ?? '');
    return undefined;
  },
  map: (a, e) =>
    stream(a.stream(e.from).map(lookUp(functions.keyValueMappers, e.fn, 'key-value mapper'), named(e))),
  flatMap: (a, e) =>
    stream(a.stream(e.from).flatMap(lookUp(functions.flatMappers, e.fn, 'flat mapper'), named(e))),
  flatMapValues: (a, e) => stream(a.stream(e.from).flatMapValues(flatValueMapper(e), named(e))),
  selectKey: (a, e) =>
    stream(a.stream(e.from).selectKey(lookUp(functions.keySelectors, e.fn, 'key selector'), named(e))),
  peek: (a, e) => stream(a.stream(e.from).peek(a.trace(e), named(e))),
  foreach: (a, e) => {
    a.stream(e.from).foreach(a.trace(e), named(e));
    return undefined;
  },
  merge: (a, e) => stream(a.stream(e.from).merge(a.stream(e.with), named(e))),
  split,
  repartition: (a, e) =>
    stream(
      a.stream(e.from).repartition({
        ...named(e),
        ...textSerdes,
        ...(e.partitions !== undefined && { partitions: e.partitions }),
      }),
    ),
  process: (a, e) => stream(a.stream(e.from).process(...processing(a, e, processors))),
  processValues: (a, e) => stream(a.stream(e.from).processValues(...processing(a, e, valueProcessors))),
  to,
};
