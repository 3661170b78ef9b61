import { joinWindows } from '../../../src/topology/index.ts';
import {
  type Adapter,
  type Calls,
  type Made,
  named,
  type Stream,
  type Table,
  textSerde,
} from '../adapter.ts';
import type { Entry } from '../case.ts';
import * as functions from '../functions.ts';
import { lookUp } from '../look-up.ts';
import { maybeStored } from './tables.ts';

const stream = (it: Stream): Made => ({ kind: 'stream', it });
const table = (it: Table): Made => ({ kind: 'table', it });

const joiner = ({ joiner: name, joinerWithKey }: Entry) =>
  name === undefined
    ? lookUp(functions.joinersWithKey, joinerWithKey, 'joiner with key')
    : lookUp(functions.joiners, name, 'joiner');

const serdes = { key: textSerde, value: textSerde, otherValue: textSerde };

/** What a stream is joined with, and how. */
function toStream(adapter: Adapter, entry: Entry) {
  const { beforeMs = 0, afterMs = 0, graceMs = 0 } = entry.windows ?? {};
  const windows = joinWindows({ beforeMs, afterMs, graceMs });
  const options = { ...named(entry), ...serdes, ...(entry.store !== undefined && { store: entry.store }) };
  return [adapter.stream(entry.with), joiner(entry), windows, options] as const;
}

function toTable(adapter: Adapter, entry: Entry) {
  const { graceMs } = entry;
  const options = { ...named(entry), ...serdes, ...(graceMs !== undefined && { graceMs }) };
  return [adapter.table(entry.with), joiner(entry), options] as const;
}

function toGlobalTable(adapter: Adapter, entry: Entry) {
  const selector = lookUp(functions.keySelectors, entry.keyFn, 'key selector');
  return [adapter.globalTable(entry.with), selector, joiner(entry), named(entry)] as const;
}

function tableToTable(adapter: Adapter, entry: Entry) {
  const join = lookUp(functions.joiners, entry.joiner, 'joiner');
  return [adapter.table(entry.with), join, maybeStored(adapter, entry)] as const;
}

export const joinCalls: Calls = {
  joinStream: (a, e) => stream(a.stream(e.from).join(...toStream(a, e))),
  leftJoinStream: (a, e) => stream(a.stream(e.from).leftJoin(...toStream(a, e))),
  outerJoinStream: (a, e) => stream(a.stream(e.from).outerJoin(...toStream(a, e))),
  joinTable: (a, e) => stream(a.stream(e.from).join(...toTable(a, e))),
  leftJoinTable: (a, e) => stream(a.stream(e.from).leftJoin(...toTable(a, e))),
  joinGlobal: (a, e) => stream(a.stream(e.from).join(...toGlobalTable(a, e))),
  leftJoinGlobal: (a, e) => stream(a.stream(e.from).leftJoin(...toGlobalTable(a, e))),
  tableJoin: (a, e) => table(a.table(e.from).join(...tableToTable(a, e))),
  tableLeftJoin: (a, e) => table(a.table(e.from).leftJoin(...tableToTable(a, e))),
  tableOuterJoin: (a, e) => table(a.table(e.from).outerJoin(...tableToTable(a, e))),
};
