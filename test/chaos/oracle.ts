// What must come out, computed from what lies in the inputs.
import type { Committed } from '../recount/committed.ts';
import {
  type Event,
  emptyFold,
  type Fold,
  fold,
  foldText,
  JOIN_MS,
  type topicsOf,
  type Variant,
  WINDOW_MS,
} from './topology.ts';

export type Output = Exclude<keyof ReturnType<typeof topicsOf>, 'left' | 'right'>;

/** Values by key. Each comes once; `ordered` ones in this order. */
export interface Expected {
  readonly ordered: boolean;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

interface Input extends Event {
  readonly key: string;
}

/** `left` and `right` are the committed records of the inputs; those of a key lie on one partition. */
export function expectedOutputs(
  variant: Variant,
  left: readonly Committed[],
  right: readonly Committed[],
): ReadonlyMap<Output, Expected> {
  const events = inputsOf(left);
  const ordered = (values: ReadonlyMap<string, readonly string[]>): Expected => ({ ordered: true, values });
  const numbers = countsBy(events, ({ key }) => key);
  const groups = ordered(countsBy(events, ({ group }) => group));
  const echo = ordered(collect(events, ({ id }) => String(id)));
  switch (variant) {
    case 'plain': {
      const pairs = { ordered: false, values: joined(events, inputsOf(right)) };
      const windows = ordered(windowed(events));
      return new Map([
        ['echo', echo],
        ['counts', ordered(numbers)],
        ['windows', windows],
        ['groups', groups],
        ['joined', pairs],
      ]);
    }
    case 'async':
      return new Map([
        ['echo', echo],
        ['groups', groups],
        ['chain', ordered(chained(numbers))],
      ]);
  }
}

function inputsOf(records: readonly Committed[]): Input[] {
  return records.map(({ key, value }) => {
    const event: Event = JSON.parse(value?.toString() ?? 'null');
    return { ...event, key: key?.toString() ?? '' };
  });
}

function collect(events: readonly Input[], textOf: (event: Input) => string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const event of events) add(values, event.key, textOf(event));
  return values;
}

function countsBy(events: readonly Input[], keyOf: (event: Input) => string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const event of events) {
    const key = keyOf(event);
    add(values, key, String((values.get(key)?.length ?? 0) + 1));
  }
  return values;
}

function windowed(events: readonly Input[]): Map<string, string[]> {
  const windows = new Map<string, Fold>();
  const values = new Map<string, string[]>();
  for (const { key, id, atMs } of events) {
    const window = `${key}@${Math.floor(atMs / WINDOW_MS) * WINDOW_MS}`;
    const next = fold(windows.get(window) ?? emptyFold, id);
    windows.set(window, next);
    add(values, window, foldText(next));
  }
  return values;
}

function joined(left: readonly Input[], right: readonly Input[]): Map<string, string[]> {
  const others = Map.groupBy(right, ({ key }) => key);
  const pairs = new Map<string, string[]>();
  for (const one of left) {
    for (const other of others.get(one.key) ?? [])
      if (Math.abs(one.atMs - other.atMs) <= JOIN_MS) add(pairs, one.key, `${one.id}|${other.id}`);
  }
  return pairs;
}

function chained(counts: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  return new Map(
    [...counts].map(([key, values]) => {
      let state = emptyFold;
      const texts = values.map((count) => {
        state = fold(state, Number(count));
        return foldText(state);
      });
      return [key, texts];
    }),
  );
}

function add(values: Map<string, string[]>, key: string, value: string): void {
  const known = values.get(key);
  if (known) known.push(value);
  else values.set(key, [value]);
}
