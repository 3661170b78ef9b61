import type { ExternalSink } from '../external-sink.ts';
import type { DraftNode, GraphDraft } from '../graph/draft.ts';
import type { RecordContext } from '../record.ts';
import type { Erased } from './erase.ts';
import type { ExternalOptions, Produced, TopicExtractor } from './options.ts';
import { type Serdes, serializer } from './serdes.ts';

const PREFIX = 'KSTREAM-SINK-';
const LINGER_MS = 100;
const MAX_BATCH_RECORDS = 500;

/** The graph's functions take the key first, the DSL's the value. */
function keyFirst<T, R>(fn: Erased<[value: unknown, key: unknown, last: T], R>) {
  return (key: unknown, value: unknown, last: T): R => fn(value, key, last);
}

export function addTopicSink<K, V>(
  draft: GraphDraft,
  parent: DraftNode,
  serdes: Serdes,
  topic: string | TopicExtractor<K, V>,
  { as, partitioner }: Produced<K, V>,
): void {
  const name = draft.nameOr(as, PREFIX);
  draft.add(
    {
      kind: 'sink',
      name,
      parents: [],
      topic:
        typeof topic === 'string'
          ? topic
          : { name: topic.name, extract: keyFirst<RecordContext, string>(topic.extract.bind(topic)) },
      serializeKey: serializer(serdes, 'key', name),
      serializeValue: serializer(serdes, 'value', name),
      ...(partitioner && { partitioner: keyFirst<number, number>(partitioner) }),
    },
    [parent],
  );
}

export function addExternalSink<K, V>(
  draft: GraphDraft,
  parent: DraftNode,
  sink: ExternalSink<K, V>,
  { as, lingerMs = LINGER_MS, maxBatchRecords = MAX_BATCH_RECORDS }: ExternalOptions,
): void {
  const name = draft.nameOr(as, PREFIX);
  if (!(lingerMs >= 0 && Number.isFinite(lingerMs))) {
    draft.problem(`sink "${name}": lingerMs must be 0 ms or more; got ${lingerMs}`);
  }
  if (!Number.isInteger(maxBatchRecords) || maxBatchRecords < 1) {
    draft.problem(
      `sink "${name}": maxBatchRecords must be a whole number of at least 1; got ${maxBatchRecords}`,
    );
  }
  draft.add({ kind: 'external-sink', name, parents: [], sink, lingerMs, maxBatchRecords }, [parent]);
}
