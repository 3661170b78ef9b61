import type { DraftNode, DraftRepartition, GraphDraft } from '../graph/draft.ts';
import type { StreamEnd } from './ends.ts';
import { filter } from './operators.ts';
import type { Repartitioned } from './options.ts';
import { deserializer, type Serdes, serializer } from './serdes.ts';

const SUFFIX = '-repartition';
const GENERATED_NAME = /^KSTREAM.*-[0-9]{10}$/;

export interface RepartitionNames {
  /** What the user or a store is called. */
  readonly name: string;
  readonly topic: string;
  readonly filter: string;
  readonly sink: string;
  readonly source: string;
}

/** Names a repartition as Kafka Streams does; uses up three indices. */
export function repartitionNames(draft: GraphDraft, name: string): RepartitionNames {
  const generated = {
    sink: draft.generateName('KSTREAM-SINK-'),
    filter: draft.generateName('KSTREAM-FILTER-'),
    source: draft.generateName('KSTREAM-SOURCE-'),
  };
  const topic = name.endsWith(SUFFIX) ? name : `${name}${SUFFIX}`;
  if (GENERATED_NAME.test(name)) return { name, topic, ...generated };
  return { name, topic, sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` };
}

/**
 * Adds a topic of the application's own below `parent`: a filter that drops records without a key (unless a join below wants
 * them), the sink, and the source on the other side.
 */
export function addRepartition(
  draft: GraphDraft,
  parent: DraftNode,
  serdes: Serdes,
  names: RepartitionNames,
  partitions?: number,
): DraftRepartition {
  let nullKeysPass = false;
  const { name, topic } = names;
  const hasKey = draft.add(
    {
      kind: 'processor',
      name: names.filter,
      parents: [],
      operator: filter((_value, key) => nullKeysPass || (key !== null && key !== undefined), true),
    },
    [parent],
  );
  const sink = draft.add(
    {
      kind: 'sink',
      name: names.sink,
      parents: [],
      topic,
      serializeKey: serializer(serdes, 'key', names.sink),
      serializeValue: serializer(serdes, 'value', names.sink),
    },
    [hasKey],
  );
  const source = draft.addSource(
    {
      kind: 'source',
      name: names.source,
      topics: [topic],
      deserializeKey: deserializer(serdes, 'key'),
      deserializeValue: deserializer(serdes, 'value'),
    },
    { label: name, serdes: [serdes.key, serdes.value] },
  );
  const repartition = {
    topic: { name: topic, ...(partitions !== undefined && { partitions }) },
    before: [hasKey, sink],
    source,
    letNullKeysPass: () => {
      nullKeysPass = true;
    },
  };
  draft.addRepartition(repartition);
  return repartition;
}

/** The stream on the other side of a repartition. */
export function behind({ draft }: StreamEnd, { source }: DraftRepartition, serdes: Serdes): StreamEnd {
  return { draft, node: source, serdes, sources: [source], keyChanged: false };
}

/** `repartition()`: through a topic in any case. */
export function repartitioned(
  stream: StreamEnd,
  serdes: Serdes,
  { as, partitions }: Pick<Repartitioned<unknown, unknown>, 'as' | 'partitions'>,
): StreamEnd {
  const { draft, node } = stream;
  if (as !== undefined) draft.checkName(as);
  const name = as ?? draft.generateName('KSTREAM-REPARTITION-');
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1)) {
    draft.problem(
      `repartition "${name}": partitions must be a whole number of at least 1; got ${partitions}`,
    );
  }
  const names = repartitionNames(draft, name);
  return behind(stream, addRepartition(draft, node, serdes, names, partitions), serdes);
}

/** The repartitions that joins have made of a stream, to be made only once under the stream's own name. */
const made = new WeakMap<DraftNode, DraftRepartition>();

/**
 * For joins: the stream as it is if its key was not changed, else behind a repartition called `name`. Without a given name
 * (`name` is that of the stream's node) joins of one stream share it.
 */
export function repartitionedForJoin(stream: StreamEnd, name: string, serdes: Serdes): StreamEnd {
  if (!stream.keyChanged) return stream;
  const { draft, node } = stream;
  const names = repartitionNames(draft, name);
  const known = name === node.spec.name ? made.get(node) : undefined;
  const repartition = known ?? addRepartition(draft, node, serdes, names);
  made.set(node, repartition);
  return behind(stream, repartition, serdes);
}
