import type { ExternalSink } from '../external-sink.ts';
import type { DraftNode, GraphDraft } from '../graph/draft.ts';
import type { Operator } from '../graph/nodes.ts';
import { Branching } from './branching.ts';
import { eraseSerde } from './erase.ts';
import type { KeyValue, Named, Predicate, RecordFunction, TypeGuard } from './functions.ts';
import type { BranchedKStream, KStream, SplitStreams } from './kstream.ts';
import { mapAsync } from './map-async.ts';
import * as operators from './operators.ts';
import type {
  AsyncFunction,
  AsyncOptions,
  ExternalOptions,
  Produced,
  Repartitioned,
  RepartitionedBy,
  SerdeFor,
  TopicExtractor,
} from './options.ts';
import { type FixedKeyProcessorSupplier, fixedKey, type ProcessorSupplier } from './processors.ts';
import { addRepartition } from './repartition.ts';
import type { Serdes } from './serdes.ts';
import { addExternalSink, addTopicSink } from './sinks.ts';
import { type Branches, otherwise } from './split.ts';

/** A stream as the end of one node of the draft. */
export class StreamNode<K, V> implements KStream<K, V> {
  readonly #draft: GraphDraft;
  readonly #node: DraftNode;
  readonly #serdes: Serdes;

  constructor(draft: GraphDraft, node: DraftNode, serdes: Serdes) {
    this.#draft = draft;
    this.#node = node;
    this.#serdes = serdes;
  }

  filter<S extends V = V>(predicate: Predicate<K, V> | TypeGuard<K, V, S>, named?: Named): KStream<K, S> {
    return this.#then('KSTREAM-FILTER-', named, operators.filter(predicate, true), this.#serdes);
  }

  filterNot<S extends V = never>(
    predicate: Predicate<K, V> | TypeGuard<K, V, S>,
    named?: Named,
  ): KStream<K, Exclude<V, S>> {
    return this.#then('KSTREAM-FILTER-', named, operators.filter(predicate, false), this.#serdes);
  }

  map<K2, V2>(mapper: RecordFunction<K, V, KeyValue<K2, V2>>, named?: Named): KStream<K2, V2> {
    return this.#then('KSTREAM-MAP-', named, operators.map(mapper), this.#without('key', 'value'));
  }

  mapValues<V2>(mapper: RecordFunction<K, V, V2>, named?: Named): KStream<K, V2> {
    return this.#then('KSTREAM-MAPVALUES-', named, operators.mapValues(mapper), this.#without('value'));
  }

  flatMap<K2, V2>(mapper: RecordFunction<K, V, Iterable<KeyValue<K2, V2>>>, named?: Named): KStream<K2, V2> {
    return this.#then('KSTREAM-FLATMAP-', named, operators.flatMap(mapper), this.#without('key', 'value'));
  }

  flatMapValues<V2>(mapper: RecordFunction<K, V, Iterable<V2>>, named?: Named): KStream<K, V2> {
    return this.#then(
      'KSTREAM-FLATMAPVALUES-',
      named,
      operators.flatMapValues(mapper),
      this.#without('value'),
    );
  }

  selectKey<K2>(selector: RecordFunction<K, V, K2>, named?: Named): KStream<K2, V> {
    return this.#then('KSTREAM-KEY-SELECT-', named, operators.selectKey(selector), this.#without('key'));
  }

  peek(action: RecordFunction<K, V, void>, named?: Named): KStream<K, V> {
    return this.#then('KSTREAM-PEEK-', named, operators.observe(action), this.#serdes);
  }

  foreach(action: RecordFunction<K, V, void>, named?: Named): void {
    this.#then('KSTREAM-FOREACH-', named, operators.observe(action), this.#serdes);
  }

  merge<V2>(other: KStream<K, V2>, named: Named = {}): KStream<K, V | V2> {
    const name = this.#draft.nameOr(named.as, 'KSTREAM-MERGE-');
    const parents = [this.#node];
    let serdes = this.#without('key', 'value');
    if (other instanceof StreamNode && other.#draft === this.#draft) {
      parents.push(other.#node);
      const shared = other.#serdes;
      serdes = {
        key: this.#serdes.key === shared.key ? shared.key : undefined,
        value: this.#serdes.value === shared.value ? shared.value : undefined,
      };
    } else {
      this.#draft.problem(
        `merge "${name}": the other stream is of another StreamsBuilder; make both with one`,
      );
    }
    const node = this.#draft.add(
      { kind: 'processor', name, parents: [], operator: operators.passThrough },
      parents,
    );
    return new StreamNode(this.#draft, node, serdes);
  }

  split<B extends Branches<K, V>>(branches: B, named?: Named): SplitStreams<K, V, B>;
  split(branches: Branches<K, V>, named: Named = {}): Readonly<Record<string, KStream<K, V>>> {
    const branching = this.#branching(named);
    const entries = Object.entries(branches);
    const defaults = entries.filter(([, predicate]) => predicate === otherwise);
    for (const [name] of entries) {
      if (!/^(0|[1-9][0-9]*)$/.test(name)) continue;
      this.#draft.problem(
        `split "${branching.nameOf('')}": the branch name "${name}" is a number, and JavaScript moves those to the front; use a word`,
      );
    }
    if (defaults.length > 1) {
      this.#draft.problem(
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
    const name = this.#draft.nameOr(options.as, 'KSTREAM-MAPASYNC-');
    return this.#add(name, mapAsync(this.#draft, name, fn, options), this.#without('value'));
  }

  process<K2, V2>(supplier: ProcessorSupplier<K, V, K2, V2>, named?: Named): KStream<K2, V2> {
    const operator: Operator = { kind: 'process', supplier };
    const name = this.#processorName(named, 'KSTREAM-PROCESSOR-');
    return this.#add(name, operator, this.#without('key', 'value'));
  }

  processValues<V2>(supplier: FixedKeyProcessorSupplier<K, V, V2>, named?: Named): KStream<K, V2> {
    const name = this.#processorName(named, 'KSTREAM-PROCESSVALUES-');
    const operator: Operator = { kind: 'process', supplier: fixedKey(name, supplier) };
    return this.#add(name, operator, this.#without('value'));
  }

  repartition<K2>(repartitioned: RepartitionedBy<K, V, K2>): KStream<K2, V>;
  repartition(repartitioned?: Repartitioned<K, V>): KStream<K, V>;
  repartition<K2>({
    by,
    ...options
  }: Repartitioned<K2, V> & { by?: RecordFunction<K, V, K2> } = {}): KStream<K2, V> {
    const { as, partitions } = options;
    if (by) {
      const keyed = this.selectKey(by, as === undefined ? {} : { as: `${as}-repartition-key` });
      return keyed.repartition(options);
    }
    const serdes = this.#given(options);
    const source = addRepartition(this.#draft, this.#node, serdes, { as, partitions });
    return new StreamNode(this.#draft, source, serdes);
  }

  to(topic: string | TopicExtractor<K, V>, produced?: Produced<K, V>): void;
  to(sink: ExternalSink<K, V>, options?: ExternalOptions): void;
  to(
    target: string | TopicExtractor<K, V> | ExternalSink<K, V>,
    options: Produced<K, V> & ExternalOptions = {},
  ): void {
    if (typeof target === 'object' && 'write' in target) {
      addExternalSink(this.#draft, this.#node, target, options);
      return;
    }
    addTopicSink(this.#draft, this.#node, this.#given(options), target, options);
  }

  #branching(named: Named): Branching<K, V> {
    const makeStream = (node: DraftNode): KStream<K, V> => new StreamNode(this.#draft, node, this.#serdes);
    return new Branching(this.#draft, this.#node, makeStream, named);
  }

  /** Unlike elsewhere, a given name uses up no index here: so it is in Kafka Streams. */
  #processorName(named: Named | undefined, prefix: string): string {
    if (named?.as === undefined) return this.#draft.generateName(prefix);
    this.#draft.checkName(named.as);
    return named.as;
  }

  #then<K2, V2>(
    prefix: string,
    named: Named | undefined,
    operator: Operator,
    serdes: Serdes,
  ): KStream<K2, V2> {
    return this.#add(this.#draft.nameOr(named?.as, prefix), operator, serdes);
  }

  #add<K2, V2>(name: string, operator: Operator, serdes: Serdes): KStream<K2, V2> {
    const node = this.#draft.add({ kind: 'processor', name, parents: [], operator }, [this.#node]);
    return new StreamNode(this.#draft, node, serdes);
  }

  #without(...changed: (keyof Serdes)[]): Serdes {
    return {
      key: changed.includes('key') ? undefined : this.#serdes.key,
      value: changed.includes('value') ? undefined : this.#serdes.value,
    };
  }

  #given<K2>(given: { readonly key?: SerdeFor<K2>; readonly value?: SerdeFor<V> }): Serdes {
    return {
      key: eraseSerde(given.key) ?? this.#serdes.key,
      value: eraseSerde(given.value) ?? this.#serdes.value,
    };
  }
}
