import { untilTimeLimit, untilWindowCloses } from '../../../src/topology/index.ts';
import {
  type Adapter,
  type Calls,
  type Made,
  named,
  type Table,
  textOrCountSerde,
  textSerde,
  textSerdes,
} from '../adapter.ts';
import type { Entry } from '../case.ts';
import * as functions from '../functions.ts';
import { CaseError, lookUp } from '../look-up.ts';
import { consumed, valueMapper } from './streams.ts';

const table = (it: Table): Made => ({ kind: 'table', it });

/** The store of a table of text, as the case asks for it. */
function materialized(adapter: Adapter, { materialized: fields = {} }: Entry) {
  const { store, retentionMs, logging } = fields;
  if (store !== undefined) adapter.storeNames.add(store);
  return {
    ...(store !== undefined && { as: store }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(logging !== undefined && { logging }),
  };
}

/** Options of an operator that keeps rows of text in any case. */
export const stored = (adapter: Adapter, entry: Entry) => ({
  ...named(entry),
  materialized: { ...textSerdes, ...materialized(adapter, entry) },
});

/** Options of a count, whose values are numbers. */
export const counted = (adapter: Adapter, entry: Entry) => ({
  ...named(entry),
  materialized: { key: textSerde, ...materialized(adapter, entry) },
});

/** Options of an operator that keeps rows only if it is told to. */
export const maybeStored = (adapter: Adapter, entry: Entry) =>
  entry.materialized ? stored(adapter, entry) : named(entry);

/** filter and filterNot, of a stream or a table. */
function filtered(adapter: Adapter, entry: Entry, method: 'filter' | 'filterNot'): Made {
  const predicate = lookUp(functions.predicates, entry.fn, 'predicate');
  const from = adapter.made(entry.from);
  if (from.kind === 'stream') {
    const it =
      method === 'filter'
        ? from.it.filter(predicate, named(entry))
        : from.it.filterNot<unknown>(predicate, named(entry));
    return { kind: 'stream', it };
  }
  return table(adapter.table(entry.from)[method](predicate, maybeStored(adapter, entry)));
}

function mapValues(adapter: Adapter, entry: Entry): Made {
  const from = adapter.made(entry.from);
  if (from.kind === 'stream')
    return { kind: 'stream', it: from.it.mapValues(valueMapper(entry), named(entry)) };
  return table(adapter.table(entry.from).mapValues(valueMapper(entry), maybeStored(adapter, entry)));
}

function until({ until: what, timeMs = 0, maxRecords }: Entry) {
  if (what === 'windowCloses') return untilWindowCloses();
  if (what !== 'timeLimit') throw new CaseError(`suppress until ${what}`);
  return untilTimeLimit(timeMs, maxRecords === undefined ? {} : { maxRecords });
}

function toStream(adapter: Adapter, entry: Entry): Made {
  const from = adapter.table(entry.from);
  if (entry.fn === undefined) return { kind: 'stream', it: from.toStream(named(entry)) };
  const selector = lookUp(functions.keySelectors, entry.fn, 'key selector');
  return { kind: 'stream', it: from.toStream(selector, named(entry)) };
}

export const tableCalls: Calls = {
  table: (a, e) =>
    table(a.builder.table(e.topic ?? '', { ...consumed(e), materialized: stored(a, e).materialized })),
  globalTable: (a, e) => ({
    kind: 'global table',
    it: a.builder.globalTable(e.topic ?? '', {
      ...consumed(e),
      ...(e.materialized && { materialized: stored(a, e).materialized }),
    }),
  }),
  toTable: (a, e) => table(a.stream(e.from).toTable(stored(a, e))),
  filter: (a, e) => filtered(a, e, 'filter'),
  filterNot: (a, e) => filtered(a, e, 'filterNot'),
  mapValues,
  suppress: (a, e) => table(a.table(e.from).suppress(until(e), { ...named(e), value: textOrCountSerde })),
  toStream,
};
