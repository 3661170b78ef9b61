import type { DraftNode, GraphDraft } from '../graph/draft.ts';
import type { Processor } from '../graph/nodes.ts';
import type { Joiner } from '../operators/join-values.ts';
import { joinWindow, streamJoin } from '../operators/stream-join.ts';
import { type JoinSide, otherSide, unjoinedRecords } from '../operators/stream-join-unjoined.ts';
import { type JoinWindows, joinRetentionMs, joinWindowSizeMs } from '../operators/stream-join-windows.ts';
import { bufferStore, windowStore } from '../stores/builders.ts';
import type { StreamEnd } from './ends.ts';
import type { Named } from './functions.ts';
import type { ErasedSerdes, JoinStores } from './joins.ts';
import { givenSerdes, storeSerde } from './materialized.ts';
import { passThrough } from './operators.ts';
import { repartitionedForJoin } from './repartition.ts';
import type { Serdes } from './serdes.ts';

/** Whose records go out although no partner has come: nobody's, the left's, both sides'. */
export type StreamJoinKind = 'inner' | 'left' | 'outer';

/** The options with their types forgotten. */
type Given = Named & JoinStores & ErasedSerdes;

export interface StreamJoinPlan {
  readonly kind: StreamJoinKind;
  readonly joiner: Joiner;
  readonly windows: JoinWindows;
  readonly options: Given;
}

/** The names of the nodes and stores, in the order in which Kafka Streams gives numbers to them. */
function joinNames(draft: GraphDraft, kind: StreamJoinKind, { as, store }: Pick<Given, 'as' | 'store'>) {
  const [leftPrefix, leftSuffix] =
    kind === 'outer' ? ['KSTREAM-OUTERTHIS-', '-outer-this-join'] : ['KSTREAM-JOINTHIS-', '-this-join'];
  const [rightPrefix, rightSuffix] =
    kind === 'inner' ? ['KSTREAM-JOINOTHER-', '-other-join'] : ['KSTREAM-OUTEROTHER-', '-outer-other-join'];
  const leftWindow = draft.suffixedNameOr(as, '-this-windowed', 'KSTREAM-WINDOWED-');
  const rightWindow = draft.suffixedNameOr(as, '-other-windowed', 'KSTREAM-WINDOWED-');
  const left = draft.generateName(leftPrefix);
  const right = draft.generateName(rightPrefix);
  const merge = draft.suffixedNameOr(as, '-merge', 'KSTREAM-MERGE-');
  const side = (window: string, generated: string, suffix: string) => ({
    window,
    join: as === undefined ? generated : `${as}${suffix}`,
    store: `${store === undefined ? generated : `${store}${suffix}`}-store`,
  });
  const unjoined =
    store === undefined
      ? left.replace(leftPrefix, 'KSTREAM-OUTERSHARED-')
      : `${store}${kind === 'outer' ? '-outer-shared-join' : '-left-shared-join'}`;
  return {
    left: side(leftWindow, left, leftSuffix),
    right: side(rightWindow, right, rightSuffix),
    unjoined: `${unjoined}-store`,
    merge,
  };
}

/** The serdes of both sides. Their keys are of one type, so what only one side knows serves both. */
function joinSerdes(options: Given, left: Serdes, right: Serdes): Readonly<Record<JoinSide, Serdes>> {
  const { key, value, otherValue } = options;
  return {
    left: givenSerdes({ key, value }, { ...left, key: left.key ?? right.key }),
    right: givenSerdes({ key, value: otherValue }, { ...right, key: right.key ?? left.key }),
  };
}

/** What a join keeps: the records of both sides and, unless it is an inner one, those without a partner. */
function joinStores(
  { draft }: StreamEnd,
  { kind, windows, options }: StreamJoinPlan,
  names: ReturnType<typeof joinNames>,
  serdes: ReturnType<typeof joinSerdes>,
) {
  const kept = { persistent: options.persistent ?? true, logged: options.logging ?? true };
  const records = (side: JoinSide) => {
    const { store } = names[side];
    const builder = windowStore(store, {
      ...kept,
      key: storeSerde(serdes[side], 'key', store),
      value: storeSerde(serdes[side], 'value', store),
      windowSizeMs: joinWindowSizeMs(windows),
      retentionMs: joinRetentionMs(windows),
      retainDuplicates: true,
    });
    draft.addStore(builder);
    return builder;
  };
  const [left, right] = [records('left'), records('right')];
  if (kind === 'inner') return { left, right };

  const store = bufferStore(names.unjoined, kept);
  draft.addStore(store);
  const unjoined = unjoinedRecords({
    store,
    key: storeSerde(serdes.left, 'key', store.name),
    left: storeSerde(serdes.left, 'value', store.name),
    right: storeSerde(serdes.right, 'value', store.name),
  });
  return { left, right, unjoined };
}

/**
 * Keeps both streams for a while and lets each record meet those that the other side has kept: two nodes that keep, two that
 * join, one where the results meet. A side whose key was changed goes through a topic first.
 */
export function joinStreams(stream: StreamEnd, other: StreamEnd, plan: StreamJoinPlan): StreamEnd {
  const { draft } = stream;
  const { kind, joiner, windows, options } = plan;
  const { as } = options;
  if (as !== undefined) draft.checkName(as);
  const serdes = joinSerdes(options, stream.serdes, other.serdes);
  const topicOf = ({ node }: StreamEnd, suffix: string) =>
    as === undefined ? node.spec.name : `${as}${suffix}`;
  const ends = {
    left: repartitionedForJoin(stream, topicOf(stream, '-left'), serdes.left),
    right: repartitionedForJoin(other, topicOf(other, '-right'), serdes.right),
  };
  const sources = [...new Set([...ends.left.sources, ...ends.right.sources])];
  draft.copartition(sources);
  const names = joinNames(draft, kind, options);
  const stores = joinStores(stream, plan, names, serdes);

  const process = (
    name: string,
    supplier: () => Processor,
    parent: DraftNode,
    reads: readonly string[],
    {
      forwardsOnTime = false,
      waitsFor = [],
    }: { forwardsOnTime?: boolean; waitsFor?: readonly DraftNode[] } = {},
  ) =>
    draft.add(
      { kind: 'processor', name, parents: [], operator: { kind: 'process', supplier, forwardsOnTime } },
      [parent],
      { stores: () => reads, keepsNullKeys: kind !== 'inner', waitsFor },
    );
  const keep = (side: JoinSide) =>
    process(names[side].window, joinWindow(stores[side]), ends[side].node, [stores[side].name]);
  const windowed = { left: keep('left'), right: keep('right') };
  const join = (side: JoinSide) => {
    const partners = stores[otherSide(side)];
    const supplier = streamJoin({
      side,
      windows,
      joiner,
      other: partners,
      outer: kind === 'outer' || (kind === 'left' && side === 'left'),
      unjoined: stores.unjoined,
      emitIntervalMs: draft.emitIntervalMs,
    });
    const reads = stores.unjoined ? [partners.name, names.unjoined] : [partners.name];
    const forwardsOnTime = side === 'left' && stores.unjoined !== undefined;
    return process(names[side].join, supplier, windowed[side], reads, {
      forwardsOnTime,
      waitsFor: Object.values(windowed),
    });
  };
  const sides = [join('left'), join('right')];
  return {
    draft,
    node: draft.add({ kind: 'processor', name: names.merge, parents: [], operator: passThrough }, sides),
    serdes: { key: serdes.left.key, value: undefined },
    sources,
    keyChanged: false,
  };
}
