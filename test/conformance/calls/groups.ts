import { sessionWindows, timeWindows } from '../../../src/topology/index.ts';
import { type Adapter, type Calls, type Made, named, type Table, textSerdes, unfit } from '../adapter.ts';
import type { Entry } from '../case.ts';
import * as functions from '../functions.ts';
import { CaseError, lookUp } from '../look-up.ts';
import { counted, stored } from './tables.ts';

const table = (it: Table): Made => ({ kind: 'table', it });
const grouped = (entry: Entry) => ({ ...named(entry), ...textSerdes, unfit });

function groupBy(adapter: Adapter, entry: Entry): Made {
  const from = adapter.made(entry.from);
  if (from.kind === 'stream') {
    const selector = lookUp(functions.keySelectors, entry.fn, 'key selector');
    return { kind: 'grouped stream', it: from.it.groupBy(selector, grouped(entry)) };
  }
  const mapper = lookUp(functions.keyValueMappers, entry.fn, 'key-value mapper');
  return { kind: 'grouped table', it: adapter.table(entry.from).groupBy(mapper, grouped(entry)) };
}

function windowedBy(adapter: Adapter, { from, windows }: Entry): Made {
  const made = adapter.made(from);
  if (made.kind !== 'grouped stream') throw unfit(made);
  const groups = made.it;
  const { type, sizeMs = 0, advanceMs = sizeMs, gapMs = 0, graceMs = 0 } = windows ?? {};
  switch (type) {
    case 'tumbling':
      return { kind: 'time windows', it: groups.windowedBy(timeWindows({ sizeMs, graceMs })) };
    case 'hopping':
      return { kind: 'time windows', it: groups.windowedBy(timeWindows({ sizeMs, advanceMs, graceMs })) };
    case 'session':
      return { kind: 'session windows', it: groups.windowedBy(sessionWindows({ gapMs, graceMs })) };
    default:
      throw new CaseError(`no windows of type ${type}`);
  }
}

function emitStrategy(adapter: Adapter, { from, strategy }: Entry): Made {
  if (strategy !== 'onWindowUpdate' && strategy !== 'onWindowClose')
    throw new CaseError(`no strategy ${strategy}`);
  const windowed = adapter.made(from);
  switch (windowed.kind) {
    case 'session windows':
      return { kind: 'session windows', it: windowed.it.emitStrategy(strategy) };
    case 'time windows':
      return { kind: 'time windows', it: windowed.it.emitStrategy(strategy) };
    default:
      throw unfit(windowed);
  }
}

function count(adapter: Adapter, entry: Entry): Made {
  const options = counted(adapter, entry);
  const from = adapter.made(entry.from);
  switch (from.kind) {
    case 'grouped stream':
    case 'grouped table':
    case 'time windows':
    case 'session windows':
      return table(from.it.count(options));
    default:
      throw unfit(from);
  }
}

const reducer = (name: string | undefined) => lookUp(functions.reducers, name, 'reducer');
const aggregator = (name: string | undefined) => lookUp(functions.aggregators, name, 'aggregator');

function reduce(adapter: Adapter, entry: Entry): Made {
  const options = stored(adapter, entry);
  const from = adapter.made(entry.from);
  switch (from.kind) {
    case 'grouped table':
      return table(from.it.reduce(reducer(entry.adder), reducer(entry.subtractor), options));
    case 'grouped stream':
    case 'time windows':
    case 'session windows':
      return table(from.it.reduce(reducer(entry.reducer), options));
    default:
      throw unfit(from);
  }
}

function aggregate(adapter: Adapter, entry: Entry): Made {
  const options = stored(adapter, entry);
  const initializer = lookUp(functions.initializers, entry.init, 'initializer');
  const from = adapter.made(entry.from);
  switch (from.kind) {
    case 'grouped table':
      return table(
        from.it.aggregate(initializer, aggregator(entry.adder), aggregator(entry.subtractor), options),
      );
    case 'grouped stream':
    case 'time windows':
      return table(from.it.aggregate(initializer, aggregator(entry.aggregator), options));
    case 'session windows': {
      const merger = lookUp(functions.mergers, entry.merger, 'merger');
      return table(from.it.aggregate(initializer, aggregator(entry.aggregator), merger, options));
    }
    default:
      throw unfit(from);
  }
}

export const groupCalls: Calls = {
  groupBy,
  groupByKey: (a, e) => ({ kind: 'grouped stream', it: a.stream(e.from).groupByKey(grouped(e)) }),
  windowedBy,
  emitStrategy,
  count,
  reduce,
  aggregate,
};
