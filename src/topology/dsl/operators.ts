import type { Operator } from '../graph/nodes.ts';
import type { ErasedFunction } from './erase.ts';
import type { KeyValue } from './functions.ts';

/** The operators without effects: each says what becomes of one record. Headers and timestamp stay. */

export function filter(predicate: ErasedFunction<boolean>, keep: boolean): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) => {
      if (predicate(record.value, record.key, context) === keep) forward(record);
    },
  };
}

export function map(mapper: ErasedFunction<KeyValue<unknown, unknown>>): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) => {
      const { key, value } = mapper(record.value, record.key, context);
      forward({ ...record, key, value });
    },
  };
}

export function mapValues(mapper: ErasedFunction<unknown>): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) =>
      forward({ ...record, value: mapper(record.value, record.key, context) }),
  };
}

export function selectKey(selector: ErasedFunction<unknown>): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) =>
      forward({ ...record, key: selector(record.value, record.key, context) }),
  };
}

export function flatMap(mapper: ErasedFunction<Iterable<KeyValue<unknown, unknown>>>): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) => {
      for (const { key, value } of mapper(record.value, record.key, context))
        forward({ ...record, key, value });
    },
  };
}

export function flatMapValues(mapper: ErasedFunction<Iterable<unknown>>): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) => {
      for (const value of mapper(record.value, record.key, context)) forward({ ...record, value });
    },
  };
}

/** Where streams meet, and where a branch begins. */
export const passThrough: Operator = { kind: 'pure', apply: (record, forward) => forward(record) };

export function observe(action: ErasedFunction<void>): Operator {
  return { kind: 'observe', action: (record, context) => action(record.value, record.key, context) };
}
