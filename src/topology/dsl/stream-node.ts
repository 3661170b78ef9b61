import type { ExternalSink } from '../external-sink.ts';
import type { DraftNode } from '../graph/draft.ts';
import type { Operator } from '../graph/nodes.ts';
import { Branching } from './branching.ts';
import { type StreamEnd, streamEnd } from './ends.ts';
import type { KeyValue, Named, Predicate, RecordFunction, TypeGuard } from './functions.ts';
import type { KGroupedStream } from './grouped.ts';
import { GroupedStreamNode } from './grouped-stream.ts';
import { Grouping } from './grouping.ts';
import { type JoinArguments, joinStream } from './joins-calls.ts';
import type { StreamJoinKind } from './joins-streams.ts';
import type { BranchedKStream, KStream, SplitStreams } from './kstream.ts';
import type { KTable } from './ktable.ts';
import { mapAsync } from './map-async.ts';
import { givenSerdes } from './materialized.ts';
import { mergeStreams } from './merge.ts';
import * as operators from './operators.ts';
import type {
  AsyncFunction,
  AsyncOptions,
  ExternalOptions,
  Grouped,
  ProcessOptions,
  Produced,
  Repartitioned,
  RepartitionedBy,
  TableOptions,
  TopicExtractor,
} from './options.ts';
import { type FixedKeyProcessorSupplier, fixedKey, type ProcessorSupplier } from './processors.ts';
import { repartitioned } from './repartition.ts';
import { addExternalSink, addTopicSink } from './sinks.ts';
import { type Branches, otherwise } from './split.ts';
import { streamToTable } from './table-sources.ts';
import type { Wrap } from './wrap.ts';

/** What an operator leaves as it was. */
interface Kept {
  readonly key: boolean;
  readonly value: boolean;
}

const ALL: Kept = { key: true, value: true };
const KEY: Kept = { key: true, value: false };
const VALUE: Kept = { key: false, value: true };
const NOTHING: Kept = { key: false, value: false };

/** A stream as the end of one node of the draft. */
export class StreamNode<K, V> implements KStream<K, V> {
  readonly [streamEnd]: StreamEnd;
  readonly join: KStream<K, V>['join'] = (other: object, ...args: JoinArguments) =>
    this.#join('inner', other, args);
  readonly leftJoin: KStream<K, V>['leftJoin'] = (other: object, ...args: JoinArguments) =>
    this.#join('left', other, args);
  readonly outerJoin: KStream<K, V>['outerJoin'] = (other: object, ...args: JoinArguments) =>
    this.#join('outer', other, args);
  readonly #wrap: Wrap;

  constructor(stream: StreamEnd, wrap: Wrap) {
    this[streamEnd] = stream;
    this.#wrap = wrap;
  }

  filter<S extends V = V>(predicate: Predicate<K, V> | TypeGuard<K, V, S>, named?: Named): KStream<K, S> {
    return this.#then('KSTREAM-FILTER-', named, operators.filter(predicate, true), ALL);
  }

  filterNot<S extends V = never>(
    predicate: Predicate<K, V> | TypeGuard<K, V, S>,
    named?: Named,
  ): KStream<K, Exclude<V, S>> {
    return this.#then('KSTREAM-FILTER-', named, operators.filter(predicate, false), ALL);
  }

  map<K2, V2>(mapper: RecordFunction<K, V, KeyValue<K2, V2>>, named?: Named): KStream<K2, V2> {
    return this.#then('KSTREAM-MAP-', named, operators.map(mapper), NOTHING);
  }

  mapValues<V2>(mapper: RecordFunction<K, V, V2>, named?: Named): KStream<K, V2> {
    return this.#then('KSTREAM-MAPVALUES-', named, operators.mapValues(mapper), KEY);
  }

  flatMap<K2, V2>(mapper: RecordFunction<K, V, Iterable<KeyValue<K2, V2>>>, named?: Named): KStream<K2, V2> {
    return this.#then('KSTREAM-FLATMAP-', named, operators.flatMap(mapper), NOTHING);
  }

  flatMapValues<V2>(mapper: RecordFunction<K, V, Iterable<V2>>, named?: Named): KStream<K, V2> {
    return this.#then('KSTREAM-FLATMAPVALUES-', named, operators.flatMapValues(mapper), KEY);
  }

  selectKey<K2>(selector: RecordFunction<K, V, K2>, named?: Named): KStream<K2, V> {
    return this.#then('KSTREAM-KEY-SELECT-', named, operators.selectKey(selector), VALUE);
  }

  peek(action: RecordFunction<K, V, void>, named?: Named): KStream<K, V> {
    return this.#then('KSTREAM-PEEK-', named, operators.observe(action), ALL);
  }

  foreach(action: RecordFunction<K, V, void>, named?: Named): void {
    this.#then('KSTREAM-FOREACH-', named, operators.observe(action), ALL);
  }

  merge<V2>(other: KStream<K, V2>, named: Named = {}): KStream<K, V | V2> {
    return this.#wrap.stream(mergeStreams(this[streamEnd], other, named));
  }

  split<B extends Branches<K, V>>(branches: B, named?: Named): SplitStreams<K, V, B>;
  split(branches: Branches<K, V>, named: Named = {}): Readonly<Record<string, KStream<K, V>>> {
    const branching = this.#branching(named);
    const entries = Object.entries(branches);
    const defaults = entries.filter(([, predicate]) => predicate === otherwise);
    for (const [name] of entries) {
      if (!/^(0|[1-9][0-9]*)$/.test(name)) continue;
      this[streamEnd].draft.problem(
        `split "${branching.nameOf('')}": the branch name "${name}" is a number, and JavaScript moves those to the front; use a word`,
      );
    }
    if (defaults.length > 1) {
      this[streamEnd].draft.problem(
        `split "${branching.nameOf('')}": [${defaults.map(([name]) => name).join(', ')}] are all "otherwise"; only one can be`,
      );
    }
    for (const [as, predicate] of entries) if (predicate !== otherwise) branching.branch(predicate, { as });
    for (const [as] of defaults) branching.defaultBranch({ as });
    const streams = branching.noDefaultBranch();
    return Object.fromEntries(entries.map(([name]) => [name, streams.get(branching.nameOf(name)) ?? this]));
  }

  branched(named: Named = {}): BranchedKStream<K, V> {
    return this.#branching(named);
  }

  mapAsync<V2, R = V2>(fn: AsyncFunction<K, V, V2>, options: AsyncOptions<K, V, V2, R>): KStream<K, V2 | R> {
    const { draft } = this[streamEnd];
    const name = draft.nameOr(options.as, 'KSTREAM-MAPASYNC-');
    return this.#add(name, mapAsync(draft, name, fn, options), KEY);
  }

  process<K2, V2>(supplier: ProcessorSupplier<K, V, K2, V2>, options: ProcessOptions = {}): KStream<K2, V2> {
    const name = this.#processorName(options, 'KSTREAM-PROCESSOR-');
    return this.#add(name, { kind: 'process', supplier }, NOTHING, options);
  }

  processValues<V2>(
    supplier: FixedKeyProcessorSupplier<K, V, V2>,
    options: ProcessOptions = {},
  ): KStream<K, V2> {
    const name = this.#processorName(options, 'KSTREAM-PROCESSVALUES-');
    return this.#add(name, { kind: 'process', supplier: fixedKey(name, supplier) }, KEY, options);
  }

  repartition<K2>(repartitioned: RepartitionedBy<K, V, K2>): KStream<K2, V>;
  repartition(repartitioned?: Repartitioned<K, V>): KStream<K, V>;
  repartition<K2>({
    by,
    ...options
  }: Repartitioned<K2, V> & { by?: RecordFunction<K, V, K2> } = {}): KStream<K2, V> {
    const { as } = options;
    if (by) {
      const keyed = this.selectKey(by, as === undefined ? {} : { as: `${as}-repartition-key` });
      return keyed.repartition(options);
    }
    const serdes = givenSerdes(options, this[streamEnd].serdes);
    return this.#wrap.stream(repartitioned(this[streamEnd], serdes, options));
  }

  toTable(
    options: TableOptions<NonNullable<K>, NonNullable<V>> = {},
  ): KTable<NonNullable<K>, NonNullable<V>> {
    return this.#wrap.table(streamToTable(this[streamEnd], options));
  }

  groupBy<K2>(
    selector: RecordFunction<K, V, K2>,
    grouped: Grouped<NonNullable<K2>, V> = {},
  ): KGroupedStream<NonNullable<K2>, V> {
    const name = this[streamEnd].draft.nameOr(grouped.as, 'KSTREAM-KEY-SELECT-');
    const keyed = this.#end(name, operators.selectKey(selector), VALUE);
    return new GroupedStreamNode(
      new Grouping(keyed, givenSerdes(grouped, keyed.serdes), grouped.as),
      this.#wrap,
    );
  }

  groupByKey(grouped: Grouped<NonNullable<K>, V> = {}): KGroupedStream<NonNullable<K>, V> {
    const stream = this[streamEnd];
    return new GroupedStreamNode(
      new Grouping(stream, givenSerdes(grouped, stream.serdes), grouped.as),
      this.#wrap,
    );
  }

  to(topic: string | TopicExtractor<K, V>, produced?: Produced<K, V>): void;
  to(sink: ExternalSink<K, V>, options?: ExternalOptions): void;
  to(
    target: string | TopicExtractor<K, V> | ExternalSink<K, V>,
    options: Produced<K, V> & ExternalOptions = {},
  ): void {
    const { draft, node, serdes } = this[streamEnd];
    if (typeof target === 'object' && 'write' in target) {
      addExternalSink(draft, node, target, options);
      return;
    }
    addTopicSink(draft, node, givenSerdes(options, serdes), target, options);
  }

  #join(kind: StreamJoinKind, other: object, args: JoinArguments): KStream<K, never> {
    return this.#wrap.stream(joinStream(this[streamEnd], kind, other, args));
  }

  #branching(named: Named): Branching<K, V> {
    const { draft, node } = this[streamEnd];
    const makeStream = (branch: DraftNode): KStream<K, V> =>
      this.#wrap.stream({ ...this[streamEnd], node: branch });
    return new Branching(draft, node, makeStream, named);
  }

  /** Unlike elsewhere, a given name uses up no index here: so it is in Kafka Streams. */
  #processorName({ as }: Named, prefix: string): string {
    const { draft } = this[streamEnd];
    if (as === undefined) return draft.generateName(prefix);
    draft.checkName(as);
    return as;
  }

  #then<K2, V2>(prefix: string, named: Named | undefined, operator: Operator, kept: Kept): KStream<K2, V2> {
    return this.#add(this[streamEnd].draft.nameOr(named?.as, prefix), operator, kept);
  }

  #add<K2, V2>(name: string, operator: Operator, kept: Kept, options?: ProcessOptions): KStream<K2, V2> {
    return this.#wrap.stream(this.#end(name, operator, kept, options));
  }

  #end(name: string, operator: Operator, kept: Kept, { stores = [] }: ProcessOptions = {}): StreamEnd {
    const { draft, node: parent, serdes, sources, keyChanged } = this[streamEnd];
    const names = stores.map((store) => (typeof store === 'string' ? store : store.name));
    const node = draft.add({ kind: 'processor', name, parents: [], operator }, [parent], {
      stores: () => names,
    });
    return {
      draft,
      node,
      serdes: {
        key: kept.key ? serdes.key : undefined,
        value: kept.value ? serdes.value : undefined,
      },
      sources,
      keyChanged: keyChanged || !kept.key,
    };
  }
}
