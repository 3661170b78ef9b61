import type { Adapter, Calls } from './adapter.ts';
import { groupCalls } from './calls/groups.ts';
import { joinCalls } from './calls/joins.ts';
import { streamCalls } from './calls/streams.ts';
import { tableCalls } from './calls/tables.ts';
import type { Case, Entry } from './case.ts';
import { lookUp } from './look-up.ts';

const calls: Calls = { ...streamCalls, ...tableCalls, ...groupCalls, ...joinCalls };

/** Names what a case needs that is not built, or undefined. */
export function missing({ config, topology }: Case): string | undefined {
  for (const { op, windows, materialized } of topology) {
    if (!(op in calls)) return op;
    if (windows?.type === 'sliding') return 'sliding windows';
    if (materialized?.kind !== undefined) return `${materialized.kind} stores`;
    if (materialized?.caching) return 'record caches';
  }
  return config.caching || (config.cacheBytes ?? 0) > 0 ? 'record caches' : undefined;
}

/** Makes one DSL call of a case. */
export function callDsl(adapter: Adapter, entry: Entry): void {
  const made = lookUp(calls, entry.op, 'operator')(adapter, entry);
  if (made && entry.id !== undefined) adapter.keep(entry.id, made);
}
