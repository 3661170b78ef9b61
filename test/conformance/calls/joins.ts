import { type Adapter, type Calls, type Made, named, textSerde } from '../adapter.ts';
import type { Entry } from '../case.ts';
import { joinWindows } from '../dsl.ts';
import * as functions from '../functions.ts';
import { lookUp } from '../look-up.ts';
import { maybeStored } from './tables.ts';

const joiner = ({ joiner: name, joinerWithKey }: Entry) =>
  name === undefined
    ? lookUp(functions.joinersWithKey, joinerWithKey, 'joiner with key')
    : lookUp(functions.joiners, name, 'joiner');

const serdes = { key: textSerde, value: textSerde, otherValue: textSerde };

type Method = 'join' | 'leftJoin' | 'outerJoin';

function streams(adapter: Adapter, entry: Entry, method: Method): Made {
  const { beforeMs = 0, afterMs = 0, graceMs = 0 } = entry.windows ?? {};
  const windows = joinWindows({ beforeMs, afterMs, graceMs });
  const options = { ...named(entry), ...serdes, ...(entry.store !== undefined && { store: entry.store }) };
  const other = adapter.get('stream', entry.with);
  return {
    kind: 'stream',
    it: adapter.get('stream', entry.from)[method](other, joiner(entry), windows, options),
  };
}

function streamTable(adapter: Adapter, entry: Entry, method: 'join' | 'leftJoin'): Made {
  const { graceMs } = entry;
  const options = { ...named(entry), ...serdes, ...(graceMs !== undefined && { graceMs }) };
  const other = adapter.get('table', entry.with);
  return { kind: 'stream', it: adapter.get('stream', entry.from)[method](other, joiner(entry), options) };
}

function streamGlobal(adapter: Adapter, entry: Entry, method: 'join' | 'leftJoin'): Made {
  const selector = lookUp(functions.keySelectors, entry.keyFn, 'key selector');
  const other = adapter.get('global', entry.with);
  const from = adapter.get('stream', entry.from);
  return { kind: 'stream', it: from[method](other, selector, joiner(entry), named(entry)) };
}

function tables(adapter: Adapter, entry: Entry, method: Method): Made {
  const other = adapter.get('table', entry.with);
  const join = lookUp(functions.joiners, entry.joiner, 'joiner');
  return {
    kind: 'table',
    it: adapter.get('table', entry.from)[method](other, join, maybeStored(adapter, entry)),
  };
}

export const joinCalls: Calls = {
  joinStream: (a, e) => streams(a, e, 'join'),
  leftJoinStream: (a, e) => streams(a, e, 'leftJoin'),
  outerJoinStream: (a, e) => streams(a, e, 'outerJoin'),
  joinTable: (a, e) => streamTable(a, e, 'join'),
  leftJoinTable: (a, e) => streamTable(a, e, 'leftJoin'),
  joinGlobal: (a, e) => streamGlobal(a, e, 'join'),
  leftJoinGlobal: (a, e) => streamGlobal(a, e, 'leftJoin'),
  tableJoin: (a, e) => tables(a, e, 'join'),
  tableLeftJoin: (a, e) => tables(a, e, 'leftJoin'),
  tableOuterJoin: (a, e) => tables(a, e, 'outerJoin'),
};
