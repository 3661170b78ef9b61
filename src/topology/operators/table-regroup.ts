import { isDeepStrictEqual } from 'node:util';
import type { KeyValue } from '../dsl/functions.ts';
import type { Processor } from '../graph/nodes.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import type { Change } from './types.ts';

export type RowMapper = (value: unknown, key: unknown) => KeyValue<unknown, unknown>;

/** The group and value of a row; undefined: it is in no group. */
function mapped(mapper: RowMapper, value: unknown, key: unknown): KeyValue<unknown, unknown> | undefined {
  if (isAbsent(value)) return undefined;
  const pair = mapper(value, key);
  return isAbsent(pair.key) || isAbsent(pair.value) ? undefined : pair;
}

/** Sends a changed row's old value to the group that it was in and its new one to the group that it is in now. */
export function tableRegroup(mapper: RowMapper): () => Processor<unknown, Change> {
  return processor<Change>((context) => {
    return (record) => {
      const send = (key: unknown, value: Change) => context.forward({ ...record, key, value });
      const { newValue, oldValue } = record.value;
      const now = mapped(mapper, newValue, record.key);
      const before = mapped(mapper, oldValue, record.key);
      if (now && before && isDeepStrictEqual(now.key, before.key)) {
        send(now.key, { newValue: now.value, oldValue: before.value });
        return;
      }
      if (before) send(before.key, { newValue: null, oldValue: before.value });
      if (now) send(now.key, { newValue: now.value, oldValue: null });
    };
  });
}
