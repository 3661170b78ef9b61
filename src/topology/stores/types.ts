import type { KeyValue } from '../dsl/functions.ts';

/** What an iterator yields; the same shape as the DSL's. */
export type { KeyValue };

/** A value with the time of the record that set it, ms since the epoch. */
export interface ValueAndTimestamp<V> {
  readonly value: V;
  readonly timestamp: number;
}

/** A span of time, ms since the epoch. `endMs` is exclusive for time windows, inclusive for sessions. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** A key in one window: the key of windowed tables. */
export interface Windowed<K> {
  readonly key: K;
  readonly window: Window;
}

export interface StateStore {
  readonly name: string;
}

/** Rows are ordered by the bytes of their serialized keys. `null` as a bound is open. */
export interface ReadOnlyKeyValueStore<K, V> extends StateStore {
  get(key: K): V | null;
  /** `from` and `to` are both inclusive. */
  range(from: K | null, to: K | null): Iterable<KeyValue<K, V>>;
  reverseRange(from: K | null, to: K | null): Iterable<KeyValue<K, V>>;
  all(): Iterable<KeyValue<K, V>>;
}

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** `null` deletes. */
  put(key: K, value: V | null): void;
  /** Returns what was there; puts only if nothing was. */
  putIfAbsent(key: K, value: V): V | null;
  /** Returns what was there. */
  delete(key: K): V | null;
}

export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>;

/**
 * Rows by key and window start. A row whose window start lies `retentionMs` or more behind the highest start ever put is
 * expired: it is not read, and writing it does nothing.
 */
export interface ReadOnlyWindowStore<K, V> extends StateStore {
  fetch(key: K, startMs: number): V | null;
  /** Rows of one key with starts `fromMs` to `toMs`, both inclusive, by start. */
  fetchRange(key: K, fromMs: number, toMs: number): Iterable<KeyValue<Windowed<K>, V>>;
  /** Rows of all keys with starts `fromMs` to `toMs`, both inclusive; time-ordered stores by start, then key. */
  fetchAll(fromMs: number, toMs: number): Iterable<KeyValue<Windowed<K>, V>>;
  all(): Iterable<KeyValue<Windowed<K>, V>>;
}

export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /** `null` deletes. */
  put(key: K, value: V | null, startMs: number): void;
}

/** Rows by key and session; `window.endMs` is inclusive. Expired by the session's end, as window rows are by start. */
export interface ReadOnlySessionStore<K, V> extends StateStore {
  /** Sessions of the key that end at or after `earliestEndMs` and start at or before `latestStartMs`, by end, then start. */
  findSessions(key: K, earliestEndMs: number, latestStartMs: number): Iterable<KeyValue<Windowed<K>, V>>;
  /** Sessions of all keys that end from `earliestEndMs` to `latestEndMs`, both inclusive, by end, then start, then key. */
  findSessionsByEnd(earliestEndMs: number, latestEndMs: number): Iterable<KeyValue<Windowed<K>, V>>;
  fetchSession(key: K, window: Window): V | null;
  /** Sessions of one key. */
  fetch(key: K): Iterable<KeyValue<Windowed<K>, V>>;
  all(): Iterable<KeyValue<Windowed<K>, V>>;
}

export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /** `null` deletes. */
  put(session: Windowed<K>, value: V | null): void;
  remove(session: Windowed<K>): void;
}
