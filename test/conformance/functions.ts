import type { KeyValue, TimestampExtractor, Windowed } from '../../src/topology/index.ts';

/**
 * The named functions of the case format (cases/README.md, "Functions"). What they are given is text, null, a count or a
 * windowed key; what they return is text or null.
 */
export type Text = string | null;

const NUMBER = /-?[0-9]{1,15}/;
const AT_NUMBER = /@(-?[0-9]{1,15})$/;

export function isWindowed(x: unknown): x is Windowed<unknown> {
  return typeof x === 'object' && x !== null && 'key' in x && 'window' in x;
}

export function show(x: unknown): string {
  return isWindowed(x) ? `${show(x.key)}@${x.window.startMs}/${x.window.endMs}` : String(x);
}

export const text = (x: unknown): Text => (x === null ? null : show(x));
export const num = (x: unknown): number => Number(NUMBER.exec(show(x))?.[0] ?? 0);
const has = (x: unknown, part: string): boolean => x !== null && show(x).includes(part);
const first = (x: unknown): Text => text(x)?.[0] ?? null;
const pair = (key: Text, value: Text): KeyValue<Text, Text> => ({ key, value });

function before(x: unknown): Text {
  const [head, ...tail] = text(x)?.split('|') ?? [];
  return head !== undefined && tail.length > 0 ? head : null;
}

function after(x: unknown): Text {
  const whole = text(x);
  return whole?.slice(whole.indexOf('|') + 1) ?? null;
}

type Table<F> = Readonly<Record<string, F>>;
type OfValue<R> = (v: unknown) => R;
type OfRecord<R> = (v: unknown, k: unknown) => R;

export const predicates: Table<OfRecord<boolean>> = {
  true: () => true,
  false: () => false,
  'key-null': (_v, k) => k === null,
  'value-null': (v) => v === null,
  'value-not-null': (v) => v !== null,
  'key-is-A': (_v, k) => text(k) === 'A',
  'value-has-a': (v) => has(v, 'a'),
  'value-has-b': (v) => has(v, 'b'),
  'value-longer-than-2': (v) => v !== null && show(v).length > 2,
  'value-even': (v) => num(v) % 2 === 0,
  'value-gt-1': (v) => num(v) > 1,
};

export const valueMappers: Table<OfValue<Text>> = {
  upper: (v) => text(v)?.toUpperCase() ?? null,
  'append-x': (v) => (v === null ? null : `${show(v)}x`),
  show,
  text,
  'null-if-b': (v) => (has(v, 'b') ? null : text(v)),
  'first-char': first,
  'after-bar': after,
  length: (v) => (v === null ? null : String(show(v).length)),
  'const-c': () => 'c',
};

export const valueMappersWithKey: Table<OfRecord<Text>> = {
  'key-colon-value': (v, k) => `${show(k)}:${show(v)}`,
  'key-if-null': (v, k) => text(v) ?? text(k),
};

export const keyValueMappers: Table<OfRecord<KeyValue<Text, Text>>> = {
  swap: (v, k) => pair(text(v), text(k)),
  'first-char-to-key': (v) => pair(first(v), text(v)),
  'before-bar-to-key': (v) => pair(before(v), after(v)),
  all: (v) => pair('all', text(v)),
  'text-both': (v, k) => pair(text(k), text(v)),
  'tag-key': (v, k) => pair(`${show(k)}!`, text(v)),
  'null-value': (_v, k) => pair(text(k), null),
};

export const keySelectors: Table<OfRecord<Text>> = {
  'text-key': (_v, k) => show(k),
  same: (_v, k) => text(k),
  all: () => 'all',
  value: (v) => text(v),
  'value-first-char': (v) => first(v),
  'key-first-char': (_v, k) => first(k),
  'before-bar': (v) => before(v),
  'null-if-odd': (v, k) => (num(v) % 2 === 0 ? text(k) : null),
};

export const flatMappers: Table<OfRecord<KeyValue<Text, Text>[]>> = {
  chars: (v) =>
    v === null ? [] : [...show(v).split('').entries()].map(([i, c]) => pair(c, `${show(v)}#${i}`)),
  dup: (v, k) => [pair(text(k), text(v)), pair(text(k), `${show(v)}2`)],
  rotate: (v, k) => [pair(text(k), text(v)), pair(text(v), text(k))],
  'drop-null': (v, k) => (v === null ? [] : [pair(text(k), text(v))]),
};

export const flatValueMappers: Table<OfValue<Text[]>> = {
  'split-dash': (v) => text(v)?.split('-') ?? [],
  twice: (v) => [text(v), text(v)],
  'drop-null': (v) => (v === null ? [] : [text(v)]),
};

export const flatValueMappersWithKey: Table<OfRecord<Text[]>> = {
  'key-and-value': (v, k) => [text(k), text(v)],
};

type OfTwo = (a: unknown, b: unknown) => Text;

export const reducers: Table<OfTwo> = {
  concat: (a, b) => show(a) + show(b),
  plus: (a, b) => `${show(a)}+${show(b)}`,
  minus: (a, b) => `${show(a)}-${show(b)}`,
  max: (a, b) => [show(a), show(b)].toSorted().at(-1) ?? null,
  first: (a) => text(a),
  last: (_a, b) => text(b),
  sum: (a, b) => String(num(a) + num(b)),
  diff: (a, b) => String(num(a) - num(b)),
  'null-if-z': (a, b) => (has(b, 'z') ? null : show(a) + show(b)),
};

export const initializers: Table<() => Text> = {
  empty: () => '',
  zero: () => '0',
  open: () => '[',
  null: () => null,
};

export const aggregators: Table<(aggregate: unknown, v: unknown, k: unknown) => Text> = {
  append: (aggregate, v) => show(aggregate) + show(v),
  plus: (aggregate, v) => `${show(aggregate)}+${show(v)}`,
  minus: (aggregate, v) => `${show(aggregate)}-${show(v)}`,
  sum: (aggregate, v) => String(num(aggregate) + num(v)),
  diff: (aggregate, v) => String(num(aggregate) - num(v)),
  keyed: (aggregate, v, k) => `${show(aggregate)}${show(k)}${show(v)};`,
  'drop-on-z': (aggregate, v) => (has(v, 'z') ? null : show(aggregate) + show(v)),
};

/** Of two sessions that have met. */
export const mergers: Table<OfTwo> = {
  'merge-show': (a, b) => `(${show(a)}|${show(b)})`,
  'merge-concat': (a, b) => show(a) + show(b),
  'merge-sum': (a, b) => String(num(a) + num(b)),
};

const joined: OfTwo = (left, right) => `${show(left)}/${show(right)}`;

export const joiners: Table<OfTwo> = {
  pair: joined,
  'null-if-no-right': (left, right) => (right === null ? null : joined(left, right)),
  'null-if-z': (left, right) => (has(left, 'z') || has(right, 'z') ? null : joined(left, right)),
};

export const joinersWithKey: Table<(left: unknown, right: unknown, k: unknown) => Text> = {
  'key-pair': (left, right, k) => `${show(k)}=${joined(left, right)}`,
};

const numberAt = (value: unknown, absent: number): number =>
  Number(AT_NUMBER.exec(value === null ? '' : show(value))?.[1] ?? absent);

export const timestampExtractors: Table<TimestampExtractor<unknown, unknown>> = {
  'at-number': (record) => numberAt(record.value, record.timestamp),
  'at-number-or-partition-time': (record, partitionTime) => numberAt(record.value, partitionTime),
};

export const topicExtractors: Table<OfRecord<string>> = {
  'out-by-first-char': (v) => `out-${first(v) ?? 'none'}`,
  'out-by-key': (_v, k) => `out-${text(k) ?? 'none'}`,
};
