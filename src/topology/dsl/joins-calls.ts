import type { JoinWindows } from '../operators/stream-join-windows.ts';
import type { TableJoinKind } from '../operators/table-join.ts';
import { globalTableOf, type StreamEnd, streamOf, type TableEnd, tableOf } from './ends.ts';
import type { Erased, ErasedFunction } from './erase.ts';
import type { Named } from './functions.ts';
import type { ErasedSerdes, JoinStores } from './joins.ts';
import { joinStreams, type StreamJoinKind } from './joins-streams.ts';
import { joinTables } from './joins-tables.ts';
import { joinGlobalTable, joinTable } from './joins-with-tables.ts';
import type { TableOptions } from './options.ts';

type ErasedJoiner = Erased<[left: unknown, right: unknown, key: unknown], unknown>;
type WithStream = [joiner: ErasedJoiner, windows: JoinWindows, options?: Named & JoinStores & ErasedSerdes];
type WithTable = [joiner: ErasedJoiner, options?: Named & ErasedSerdes & { graceMs?: number }];
type WithGlobalTable = [keySelector: ErasedFunction<unknown>, joiner: ErasedJoiner, named?: Named];

/** What follows the other side in a call of a stream's join. */
export type JoinArguments = WithStream | WithTable | WithGlobalTable;

const isWithStream = (args: JoinArguments): args is WithStream =>
  typeof args[1] === 'object' && 'beforeMs' in args[1];
const isWithGlobalTable = (args: JoinArguments): args is WithGlobalTable => typeof args[1] === 'function';

const joinCalled = (as: string | undefined, node: string) =>
  `join ${as === undefined ? `of "${node}"` : `"${as}"`}`;

/** `join`, `leftJoin` and `outerJoin` of a stream: with what, the arguments tell. */
export function joinStream(
  stream: StreamEnd,
  kind: StreamJoinKind,
  other: object,
  args: JoinArguments,
): StreamEnd {
  const { draft, node } = stream;
  const foreign = (what: string, named: Named = {}) => {
    const call = joinCalled(named.as, node.spec.name);
    draft.problem(`${call}: the other ${what} is of another StreamsBuilder; make both with one`);
    return stream;
  };
  const left = kind !== 'inner';
  if (isWithStream(args)) {
    const [joiner, windows, options = {}] = args;
    const right = streamOf(draft, other);
    if (!right) return foreign('stream', options);
    return joinStreams(stream, right, { kind, joiner, windows, options });
  }
  if (isWithGlobalTable(args)) {
    const [keySelector, joiner, named = {}] = args;
    const table = globalTableOf(draft, other);
    if (!table) return foreign('global table', named);
    return joinGlobalTable(stream, table, { keySelector, joiner, left }, named);
  }
  const [joiner, options = {}] = args;
  const table = tableOf(draft, other);
  if (!table) return foreign('table', options);
  return joinTable(stream, table, { joiner, left }, options);
}

/** `join`, `leftJoin` and `outerJoin` of a table. */
export function joinTableWith<K, V>(
  table: TableEnd,
  kind: TableJoinKind,
  other: object,
  joiner: Erased<[left: unknown, right: unknown], unknown>,
  options: TableOptions<K, V> = {},
): TableEnd {
  const { draft, node } = table;
  const right = tableOf(draft, other);
  if (right) return joinTables(table, right, kind, joiner, options);
  const call = joinCalled(options.as, node.spec.name);
  draft.problem(`${call}: the other table is of another StreamsBuilder; make both with one`);
  return table;
}
