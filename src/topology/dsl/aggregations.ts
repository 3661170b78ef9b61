import { aggregate } from '../operators/aggregate.ts';
import type { Aggregation } from '../operators/aggregation.ts';
import { type SessionAggregation, sessionAggregate } from '../operators/session-aggregate.ts';
import type { SessionWindows, TimeWindows } from '../operators/time-windows.ts';
import { windowedAggregate } from '../operators/windowed-aggregate.ts';
import { isWindowed } from '../operators/windowed-key.ts';
import { type Serde, sessionWindowedSerde, windowedSerde } from '../serde.ts';
import { sessionStore, timestampedKeyValueStore, timestampedWindowStore } from '../stores/builders.ts';
import type { TableEnd } from './ends.ts';
import { eraseSerde } from './erase.ts';
import type { EmitStrategy } from './grouped.ts';
import { addAggregation, type Grouping } from './grouping.ts';
import { planStore } from './materialized.ts';
import type { TableOptions } from './options.ts';
import { spanMs, windowProblems } from './windows.ts';

/** How an aggregation is called in generated names, and what is known of its values. */
export interface AggregationKind {
  readonly prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-';
  readonly value: Serde<unknown> | undefined;
  /** A count with `materialized` but no store name uses up an index more, as in Kafka Streams. */
  readonly counts?: boolean;
}

type Options = TableOptions<never, never>;

/** Names the store, the node and the topic if there is one: in this order. */
function planAggregation(
  grouping: Grouping,
  { prefix, value, counts = false }: AggregationKind,
  { as, materialized }: Options,
) {
  const { draft } = grouping;
  if (counts && materialized && materialized.as === undefined) draft.generateStoreName(prefix);
  const plan = planStore(draft, materialized, prefix, { key: grouping.serdes.key, value });
  const name = draft.nameOr(as, prefix);
  return { name, plan, input: grouping.input(plan.name) };
}

/** One row for each key. */
export function aggregateByKey(
  grouping: Grouping,
  aggregation: Aggregation,
  kind: AggregationKind,
  options: Options,
): TableEnd {
  const { name, plan, input } = planAggregation(grouping, kind, options);
  const store = timestampedKeyValueStore(plan.name, plan.options);
  return addAggregation({
    name,
    input,
    store,
    supplier: (sendsOldValues) => aggregate({ aggregation, store, sendsOldValues }),
    view: { stores: [store.name], open: (context) => context.getStateStore(store) },
    serdes: plan.serdes,
    queryableStoreName: plan.queryable,
  });
}

/** Reports what is wrong with windows by the name of their node; returns how long rows are kept, ms. */
function checkWindows(
  { draft }: Grouping,
  windows: TimeWindows | SessionWindows,
  name: string,
  { materialized }: Options,
): number {
  const problems = [...windowProblems(windows, materialized?.retentionMs)];
  for (const problem of problems) draft.problem(`"${name}": ${problem}`);
  // with problems nothing is ever opened, but the store's builder must not throw before all are reported
  if (problems.length > 0) return Number.MAX_SAFE_INTEGER;
  return materialized?.retentionMs ?? spanMs(windows);
}

/** What windowed aggregations have in common beside their store. */
function windowedTable(
  grouping: Grouping,
  { name, plan, input }: ReturnType<typeof planAggregation>,
  key: Serde<unknown> | undefined,
) {
  return {
    name,
    input,
    serdes: { key, value: plan.serdes.value },
    queryableStoreName: plan.queryable,
    emitIntervalMs: (strategy: EmitStrategy) =>
      strategy === 'onWindowClose' ? grouping.draft.emitIntervalMs : undefined,
  };
}

/** One row for each key and window. */
export function aggregateByWindow(
  grouping: Grouping,
  windows: TimeWindows,
  strategy: EmitStrategy,
  aggregation: Aggregation,
  kind: AggregationKind,
  options: Options,
): TableEnd {
  const planned = planAggregation(grouping, kind, options);
  const { plan, name } = planned;
  const store = timestampedWindowStore(plan.name, {
    ...plan.options,
    windowSizeMs: windows.sizeMs,
    retentionMs: checkWindows(grouping, windows, name, options),
    timeOrdered: strategy === 'onWindowClose',
  });
  const { emitIntervalMs, ...table } = windowedTable(
    grouping,
    planned,
    eraseSerde(windowedSerde(plan.options.key, windows.sizeMs)),
  );
  return addAggregation({
    ...table,
    store,
    supplier: (sendsOldValues) =>
      windowedAggregate({
        node: name,
        windows,
        aggregation,
        store,
        sendsOldValues,
        emitIntervalMs: emitIntervalMs(strategy),
      }),
    view: {
      stores: [store.name],
      open(context) {
        const rows = context.getStateStore(store);
        return { get: (key) => (isWindowed(key) ? rows.fetch(key.key, key.window.startMs) : null) };
      },
    },
    closesAfterMs: windows.graceMs,
    forwardsOnTime: strategy === 'onWindowClose',
  });
}

/** One row for each key and session. */
export function aggregateBySession(
  grouping: Grouping,
  windows: SessionWindows,
  strategy: EmitStrategy,
  aggregation: SessionAggregation,
  kind: AggregationKind,
  options: Options,
): TableEnd {
  const planned = planAggregation(grouping, kind, options);
  const { plan, name } = planned;
  const store = sessionStore(plan.name, {
    ...plan.options,
    retentionMs: checkWindows(grouping, windows, name, options),
    timeOrdered: strategy === 'onWindowClose',
  });
  const { emitIntervalMs, ...table } = windowedTable(
    grouping,
    planned,
    eraseSerde(sessionWindowedSerde(plan.options.key)),
  );
  return addAggregation({
    ...table,
    store,
    supplier: (sendsOldValues) =>
      sessionAggregate({
        node: name,
        windows,
        aggregation,
        store,
        sendsOldValues,
        emitIntervalMs: emitIntervalMs(strategy),
      }),
    view: {
      stores: [store.name],
      open(context) {
        const rows = context.getStateStore(store);
        return {
          get(key) {
            const value = isWindowed(key) ? rows.fetchSession(key.key, key.window) : null;
            return isWindowed(key) && value !== null ? { value, timestamp: key.window.endMs } : null;
          },
        };
      },
    },
    closesAfterMs: windows.graceMs + windows.gapMs,
    forwardsOnTime: strategy === 'onWindowClose',
  });
}
