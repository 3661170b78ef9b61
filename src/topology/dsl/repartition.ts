import type { DraftNode, DraftSource, GraphDraft } from '../graph/draft.ts';
import { filter } from './operators.ts';
import { deserializer, type Serdes, serializer } from './serdes.ts';

const SUFFIX = '-repartition';
const GENERATED_NAME = /^KSTREAM.*-[0-9]{10}$/;

/**
 * Adds a topic of the application's own below `parent`: a filter that drops records without a key, the sink, and the source
 * on the other side, named as in Kafka Streams. Returns the source.
 */
export function addRepartition(
  draft: GraphDraft,
  parent: DraftNode,
  serdes: Serdes,
  options: { readonly as?: string | undefined; readonly partitions?: number | undefined },
): DraftSource {
  const { as, partitions } = options;
  if (as !== undefined) draft.checkName(as);
  const name = as ?? draft.generateName('KSTREAM-REPARTITION-');
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1)) {
    draft.problem(
      `repartition "${name}": partitions must be a whole number of at least 1; got ${partitions}`,
    );
  }
  const generated = {
    sink: draft.generateName('KSTREAM-SINK-'),
    filter: draft.generateName('KSTREAM-FILTER-'),
    source: draft.generateName('KSTREAM-SOURCE-'),
  };
  const topic = name.endsWith(SUFFIX) ? name : `${name}${SUFFIX}`;
  const names = GENERATED_NAME.test(name)
    ? generated
    : {
        sink: `${topic}-sink`,
        filter: `${topic}-filter`,
        source: `${topic}-source`,
      };

  draft.repartitionTopics.push({ name: topic, ...(partitions !== undefined && { partitions }) });
  const hasKey = draft.add(
    {
      kind: 'processor',
      name: names.filter,
      parents: [],
      operator: filter((_value, key) => key !== null && key !== undefined, true),
    },
    [parent],
  );
  draft.add(
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
  return draft.addSource(
    {
      kind: 'source',
      name: names.source,
      topics: [topic],
      deserializeKey: deserializer(serdes, 'key'),
      deserializeValue: deserializer(serdes, 'value'),
    },
    { label: name, serdes: [serdes.key, serdes.value] },
  );
}
