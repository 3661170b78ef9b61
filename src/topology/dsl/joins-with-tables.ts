import type { Joiner } from '../operators/join-values.ts';
import { globalJoin, streamTableJoin } from '../operators/stream-table-join.ts';
import type { RecordContext } from '../record.ts';
import type { GlobalTableEnd, StreamEnd, TableEnd } from './ends.ts';
import type { Named } from './functions.ts';
import type { ErasedSerdes } from './joins.ts';
import { givenSerdes } from './materialized.ts';
import { repartitionedForJoin } from './repartition.ts';

interface TableJoinPlan {
  readonly joiner: Joiner;
  /** Whether a record without a row goes out, joined with null. */
  readonly left: boolean;
}

/** A record meets its key's row of the moment; if the stream's key was changed, behind a topic. */
export function joinTable(
  stream: StreamEnd,
  table: TableEnd,
  { joiner, left }: TableJoinPlan,
  options: Named & ErasedSerdes & { readonly graceMs?: number },
): StreamEnd {
  const { draft } = stream;
  const { as, graceMs } = options;
  const serdes = givenSerdes(options, stream.serdes);
  const from = repartitionedForJoin(stream, as ?? stream.node.spec.name, serdes);
  const sources = [...new Set([...from.sources, ...table.sources])];
  draft.copartition(sources);
  const name = draft.nameOr(as, left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-');
  if (graceMs !== undefined) {
    draft.problem(
      `join "${name}": graceMs needs a table that remembers its rows of earlier times, and "${table.node.spec.name}" keeps only the latest: leave graceMs out`,
    );
  }
  const view = table.view();
  const supplier = streamTableJoin({ table: view, joiner, left });
  const node = draft.add(
    { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier } },
    [from.node],
    { stores: () => view.stores, keepsNullKeys: left },
  );
  return { draft, node, serdes: { key: serdes.key, value: undefined }, sources, keyChanged: false };
}

export interface GlobalJoinPlan extends TableJoinPlan {
  /** Which row a record meets. */
  readonly keySelector: (value: unknown, key: unknown, context: RecordContext) => unknown;
}

/** A record meets the row of the key that it names; every instance has all rows, so nothing goes through a topic. */
export function joinGlobalTable(
  stream: StreamEnd,
  { store }: GlobalTableEnd,
  plan: GlobalJoinPlan,
  { as }: Named,
): StreamEnd {
  const { draft, serdes } = stream;
  const name = draft.nameOr(as, 'KSTREAM-LEFTJOIN-'); // so it is in Kafka Streams, for inner joins too
  const operator = globalJoin({ store, ...plan });
  const node = draft.add({ kind: 'processor', name, parents: [], operator }, [stream.node], {
    keepsNullKeys: plan.left,
  });
  return { ...stream, node, serdes: { key: serdes.key, value: undefined } };
}
