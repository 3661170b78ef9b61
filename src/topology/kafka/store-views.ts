import type {
  KeyValue,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyWindowStore,
  StateStore,
  Window,
  Windowed,
} from '../stores/types.ts';

export type AnyReadOnlyStore =
  | ReadOnlyKeyValueStore<unknown, unknown>
  | ReadOnlyWindowStore<unknown, unknown>
  | ReadOnlySessionStore<unknown, unknown>;

/** A store of one task. */
export interface HeldStore<S> {
  readonly store: S;
  /** Throws STORE_AWAY once the task is no longer run here, and its store is closed. */
  readonly check: () => void;
}

/** The stores of the tasks, as they are at the time of a call. */
type Find<S> = () => readonly HeldStore<S>[];
type Rows<V> = Iterable<KeyValue<Windowed<unknown>, V>>;

const isKeyValue = (store: StateStore): store is ReadOnlyKeyValueStore<unknown, unknown> => 'get' in store;
const isSession = (store: StateStore): store is ReadOnlySessionStore<unknown, unknown> =>
  'findSessions' in store;
const isWindow = (store: StateStore): store is ReadOnlyWindowStore<unknown, unknown> => 'fetchRange' in store;

/** Reads the stores of several tasks as one; undefined for a kind that has no such view. Rows come task by task. */
export function viewOf(name: string, find: Find<StateStore>): AnyReadOnlyStore | undefined {
  const first = find()[0]?.store;
  if (!first || isKeyValue(first)) return new KeyValueView(name, only(find, isKeyValue));
  if (isSession(first)) return new SessionView(name, only(find, isSession));
  if (isWindow(first)) return new WindowView(name, only(find, isWindow));
  return undefined;
}

function only<S>(find: Find<StateStore>, is: (store: StateStore) => store is StateStore & S): Find<S> {
  return () => find().flatMap(({ store, check }) => (is(store) ? [{ store, check }] : []));
}

/** A key is in one task alone: the first that has it. */
function firstOf<S, V>(find: Find<S>, read: (store: S) => V | null): V | null {
  for (const { store } of find()) {
    const value = read(store);
    if (value !== null) return value;
  }
  return null;
}

/** Checked before each row: between two of them a task may be given up. */
function* allOf<S, T>(find: Find<S>, read: (store: S) => Iterable<T>): Generator<T, void> {
  for (const { store, check } of find()) {
    check();
    for (const row of read(store)) {
      yield row;
      check();
    }
  }
}

class KeyValueView implements ReadOnlyKeyValueStore<unknown, unknown> {
  readonly name: string;
  readonly #find: Find<ReadOnlyKeyValueStore<unknown, unknown>>;

  constructor(name: string, find: Find<ReadOnlyKeyValueStore<unknown, unknown>>) {
    this.name = name;
    this.#find = find;
  }

  get(key: unknown): unknown {
    return firstOf(this.#find, (store) => store.get(key));
  }

  range(from: unknown, to: unknown): Iterable<KeyValue<unknown, unknown>> {
    return allOf(this.#find, (store) => store.range(from, to));
  }

  reverseRange(from: unknown, to: unknown): Iterable<KeyValue<unknown, unknown>> {
    return allOf(this.#find, (store) => store.reverseRange(from, to));
  }

  all(): Iterable<KeyValue<unknown, unknown>> {
    return allOf(this.#find, (store) => store.all());
  }
}

class WindowView implements ReadOnlyWindowStore<unknown, unknown> {
  readonly name: string;
  readonly #find: Find<ReadOnlyWindowStore<unknown, unknown>>;

  constructor(name: string, find: Find<ReadOnlyWindowStore<unknown, unknown>>) {
    this.name = name;
    this.#find = find;
  }

  fetch(key: unknown, startMs: number): unknown {
    return firstOf(this.#find, (store) => store.fetch(key, startMs));
  }

  fetchRange(key: unknown, fromMs: number, toMs: number): Rows<unknown> {
    return allOf(this.#find, (store) => store.fetchRange(key, fromMs, toMs));
  }

  fetchAll(fromMs: number, toMs: number): Rows<unknown> {
    return allOf(this.#find, (store) => store.fetchAll(fromMs, toMs));
  }

  all(): Rows<unknown> {
    return allOf(this.#find, (store) => store.all());
  }
}

class SessionView implements ReadOnlySessionStore<unknown, unknown> {
  readonly name: string;
  readonly #find: Find<ReadOnlySessionStore<unknown, unknown>>;

  constructor(name: string, find: Find<ReadOnlySessionStore<unknown, unknown>>) {
    this.name = name;
    this.#find = find;
  }

  findSessions(key: unknown, earliestEndMs: number, latestStartMs: number): Rows<unknown> {
    return allOf(this.#find, (store) => store.findSessions(key, earliestEndMs, latestStartMs));
  }

  findSessionsByEnd(earliestEndMs: number, latestEndMs: number): Rows<unknown> {
    return allOf(this.#find, (store) => store.findSessionsByEnd(earliestEndMs, latestEndMs));
  }

  fetchSession(key: unknown, window: Window): unknown {
    return firstOf(this.#find, (store) => store.fetchSession(key, window));
  }

  fetch(key: unknown): Rows<unknown> {
    return allOf(this.#find, (store) => store.fetch(key));
  }

  all(): Rows<unknown> {
    return allOf(this.#find, (store) => store.all());
  }
}
