import { StreamsError } from '../errors.ts';
import type { DraftNode, GraphDraft } from '../graph/draft.ts';
import { suppress, suppressView } from '../operators/suppress.ts';
import { isWindowed } from '../operators/windowed-key.ts';
import { bufferStore } from '../stores/builders.ts';
import { makeTableEnd, type TableEnd } from './ends.ts';
import type { SuppressOptions } from './ktable.ts';
import { givenSerdes, storeSerde } from './materialized.ts';
import { type Suppressed, suppressProblems } from './suppressed.ts';

const PREFIX = 'KTABLE-SUPPRESS-';

/** How long after their end the windows of a table close: the longest of all windowed aggregations that feed it. */
function closesAfterMs(draft: GraphDraft, node: DraftNode): number | undefined {
  if (node.closesAfterMs !== undefined) return node.closesAfterMs;
  const parents = draft.parentsOf(node).map((parent) => closesAfterMs(draft, parent));
  const known = parents.filter((ms) => ms !== undefined);
  return known.length > 0 && known.length === parents.length ? Math.max(...known) : undefined;
}

/** When a change begins to wait, for how long, and what becomes of it if there is no room. */
function waiting(table: TableEnd, name: string, suppressed: Suppressed) {
  const { draft, node } = table;
  if (suppressed.until === 'time-limit') {
    return {
      waitsFrom: ({ timestamp }: { readonly timestamp: number }) => timestamp,
      waitMs: suppressed.timeMs,
      whenFull: 'emit' as const,
      dropsTombstones: false,
    };
  }
  const waitMs = closesAfterMs(draft, node);
  if (waitMs === undefined) {
    draft.problem(
      `suppress "${name}": "${node.spec.name}" is no windowed table on all its ways, so nothing closes: use untilTimeLimit, or windowedBy before the aggregation`,
    );
  }
  return {
    waitsFrom({ key }: { readonly key: unknown }) {
      if (isWindowed(key)) return key.window.endMs;
      throw new StreamsError(
        'KEY_NOT_WINDOWED',
        'fail',
        `suppress "${name}" waits for windows to close, and was given a key without a window: move it to where the keys are windowed still, or use untilTimeLimit`,
      );
    },
    waitMs: waitMs ?? 0,
    whenFull: 'fail' as const,
    dropsTombstones: true,
  };
}

/** Holds a table's changes back. Its parent's old values are needed, for the rows as they were last sent out. */
export function suppressTable<K, V>(
  table: TableEnd,
  suppressed: Suppressed,
  options: SuppressOptions<K, V>,
): TableEnd {
  const { draft } = table;
  const { as } = options;
  if (as !== undefined) draft.checkName(as);
  const name = as ?? draft.generateName(PREFIX);
  for (const problem of suppressProblems(suppressed)) draft.problem(`suppress "${name}": ${problem}`);
  const waits = waiting(table, name, suppressed);
  const store = bufferStore(as === undefined ? draft.generateStoreName(PREFIX) : `${as}-store`);
  draft.addStore(store);
  const serdes = givenSerdes(options, table.serdes);
  const buffered = {
    key: storeSerde(serdes, 'key', name),
    value: storeSerde(serdes, 'value', name),
  };
  table.sendOldValues(true);
  const { maxRecords = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = suppressed.bounds;
  const supplier = suppress({ node: name, store, serdes: buffered, ...waits, maxRecords, maxBytes });
  return makeTableEnd({
    draft,
    node: draft.add(
      { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier, forwardsOnTime: true } },
      [table.node],
      { stores: () => [store.name] },
    ),
    serdes,
    sources: table.sources,
    queryableStoreName: undefined,
    view: () => suppressView(table.view(), store, buffered),
    sendOldValues: (force) => table.sendOldValues(force),
  });
}
