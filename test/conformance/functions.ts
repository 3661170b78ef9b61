import type { KeyValue, TimestampExtractor } from '../../src/topology/index.ts';

/** The named functions of the case format (cases/README.md, "Functions"). */
export type Text = string | null;

const NUMBER = /-?[0-9]{1,15}/;
const AT_NUMBER = /@(-?[0-9]{1,15})$/;

export const show = (x: Text): string => x ?? 'null';
const num = (x: Text): number => Number(NUMBER.exec(show(x))?.[0] ?? 0);
const has = (x: Text, part: string): boolean => x?.includes(part) ?? false;
const first = (x: Text): Text => x?.[0] ?? null;
const bar = (x: Text): number => x?.indexOf('|') ?? -1;
const before = (x: Text): Text => (x !== null && bar(x) >= 0 ? x.slice(0, bar(x)) : null);
const after = (x: Text): Text => (x !== null && bar(x) >= 0 ? x.slice(bar(x) + 1) : x);
const pair = (key: Text, value: Text): KeyValue<Text, Text> => ({ key, value });

type Table<F> = Readonly<Record<string, F>>;

export const predicates: Table<(v: Text, k: Text) => boolean> = {
  true: () => true,
  false: () => false,
  'key-null': (_v, k) => k === null,
  'value-null': (v) => v === null,
  'value-not-null': (v) => v !== null,
  'key-is-A': (_v, k) => k === 'A',
  'value-has-a': (v) => has(v, 'a'),
  'value-has-b': (v) => has(v, 'b'),
  'value-longer-than-2': (v) => v !== null && v.length > 2,
  'value-even': (v) => num(v) % 2 === 0,
  'value-gt-1': (v) => num(v) > 1,
};

export const valueMappers: Table<(v: Text) => Text> = {
  upper: (v) => v?.toUpperCase() ?? null,
  'append-x': (v) => (v === null ? null : `${v}x`),
  show,
  text: (v) => v,
  'null-if-b': (v) => (has(v, 'b') ? null : v),
  'first-char': first,
  'after-bar': after,
  length: (v) => (v === null ? null : String(v.length)),
  'const-c': () => 'c',
};

export const valueMappersWithKey: Table<(v: Text, k: Text) => Text> = {
  'key-colon-value': (v, k) => `${show(k)}:${show(v)}`,
  'key-if-null': (v, k) => v ?? k,
};

export const keyValueMappers: Table<(v: Text, k: Text) => KeyValue<Text, Text>> = {
  swap: (v, k) => pair(v, k),
  'first-char-to-key': (v) => pair(first(v), v),
  'before-bar-to-key': (v) => pair(before(v), after(v)),
  all: (v) => pair('all', v),
  'text-both': (v, k) => pair(k, v),
  'tag-key': (v, k) => pair(`${show(k)}!`, v),
  'null-value': (_v, k) => pair(k, null),
};

export const keySelectors: Table<(v: Text, k: Text) => Text> = {
  'text-key': (_v, k) => show(k),
  same: (_v, k) => k,
  all: () => 'all',
  value: (v) => v,
  'value-first-char': (v) => first(v),
  'key-first-char': (_v, k) => first(k),
  'before-bar': (v) => before(v),
  'null-if-odd': (v, k) => (num(v) % 2 === 0 ? k : null),
};

export const flatMappers: Table<(v: Text, k: Text) => KeyValue<Text, Text>[]> = {
  chars: (v) => (v === null ? [] : v.split('').map((char, i) => pair(char, `${v}#${i}`))),
  dup: (v, k) => [pair(k, v), pair(k, `${show(v)}2`)],
  rotate: (v, k) => [pair(k, v), pair(v, k)],
  'drop-null': (v, k) => (v === null ? [] : [pair(k, v)]),
};

export const flatValueMappers: Table<(v: Text) => Text[]> = {
  'split-dash': (v) => v?.split('-') ?? [],
  twice: (v) => [v, v],
  'drop-null': (v) => (v === null ? [] : [v]),
};

export const flatValueMappersWithKey: Table<(v: Text, k: Text) => Text[]> = {
  'key-and-value': (v, k) => [k, v],
};

const numberAt = (value: Text, absent: number): number => Number(AT_NUMBER.exec(value ?? '')?.[1] ?? absent);

export const timestampExtractors: Table<TimestampExtractor<Text, Text>> = {
  'at-number': (record) => numberAt(record.value, record.timestamp),
  'at-number-or-partition-time': (record, partitionTime) => numberAt(record.value, partitionTime),
};

export const topicExtractors: Table<(v: Text, k: Text) => string> = {
  'out-by-first-char': (v) => `out-${first(v) ?? 'none'}`,
  'out-by-key': (_v, k) => `out-${k ?? 'none'}`,
};
