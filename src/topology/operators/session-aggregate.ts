import type { Processor, ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';
import { MAX_TIME_MS } from '../stores/times.ts';
import type { KeyValue, SessionStore, Windowed } from '../stores/types.ts';
import type { Aggregation } from './aggregation.ts';
import { ClosingWindows } from './emit-on-close.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import type { SessionWindows } from './time-windows.ts';

export interface SessionAggregation extends Aggregation {
  /** What two sessions' aggregates become when a record has joined them. */
  readonly merge: (left: unknown, right: unknown, key: unknown) => unknown;
}

export interface SessionAggregateOptions {
  readonly node: string;
  readonly windows: SessionWindows;
  readonly aggregation: SessionAggregation;
  readonly store: StoreHandle<SessionStore<unknown, unknown>>;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
  /** Absent: each update goes out. Else only results of closed sessions, looked for once in so many ms of wall clock. */
  readonly emitIntervalMs: number | undefined;
}

/**
 * One row for each key and session. A record joins every session that is no further than the gap away, itself included, into
 * one; the sessions that were are deleted. Closed, as windows: when stream time has passed end + gap + grace.
 */
export function sessionAggregate(options: SessionAggregateOptions): () => Processor {
  return processor((context) => {
    const sessions = new SessionAggregate(context, options);
    return (record) => sessions.process(record);
  });
}

class SessionAggregate {
  readonly #context: ProcessorContext;
  readonly #windows: SessionWindows;
  readonly #aggregation: SessionAggregation;
  readonly #rows: SessionStore<unknown, unknown>;
  readonly #sendOld: boolean;
  readonly #closing: ClosingWindows;

  constructor(context: ProcessorContext, options: SessionAggregateOptions) {
    this.#context = context;
    this.#windows = options.windows;
    this.#aggregation = options.aggregation;
    this.#rows = context.getStateStore(options.store);
    this.#sendOld = options.sendsOldValues();
    this.#closing = new ClosingWindows(context, {
      node: options.node,
      closesAfterMs: options.windows.graceMs + options.windows.gapMs,
      emitIntervalMs: options.emitIntervalMs,
      emit: (emittedMs, closeMs, record) => this.#emit(emittedMs, closeMs, record),
    });
  }

  process(record: StreamRecord): void {
    const { key, value, timestamp } = record;
    if (isAbsent(key)) {
      this.#context.dropped('null-key');
      return;
    }
    const closeMs = this.#closing.observe(timestamp);
    const { merged, session, aggregate } = this.#merge(key, timestamp);
    if (session.window.endMs < closeMs) {
      this.#context.dropped('late');
    } else {
      const { startMs, endMs } = session.window;
      if (startMs !== timestamp || endMs !== timestamp) {
        for (const old of merged) {
          this.#rows.remove(old.key);
          this.#send(old.key, old.value, null);
        }
      }
      const updated = this.#aggregation.add(aggregate, value, key) ?? null;
      this.#rows.put(session, updated);
      this.#send(session, null, updated);
    }
    this.#closing.sendDue(closeMs, record);
  }

  /** The session that a record makes, with those that it takes in. */
  #merge(key: unknown, timestamp: number) {
    const merged = this.#within(key, timestamp);
    let aggregate = this.#aggregation.initialize() ?? null;
    let [startMs, endMs] = [timestamp, timestamp];
    for (const { key: old, value } of merged) {
      aggregate = this.#aggregation.merge(aggregate, value, key) ?? null;
      startMs = Math.min(startMs, old.window.startMs);
      endMs = Math.max(endMs, old.window.endMs);
    }
    return { merged, session: { key, window: { startMs, endMs } }, aggregate };
  }

  /**
   * The sessions of a key that are no further than the gap away. They come by their ends, and those of one key are disjoint, so
   * none after the first that begins too late is read: a late record may have many behind it.
   */
  #within(key: unknown, timestamp: number): KeyValue<Windowed<unknown>, unknown>[] {
    const { gapMs } = this.#windows;
    const found: KeyValue<Windowed<unknown>, unknown>[] = [];
    for (const session of this.#rows.findSessions(key, timestamp - gapMs, MAX_TIME_MS)) {
      if (session.key.window.startMs > timestamp + gapMs) break;
      found.push(session);
    }
    return found;
  }

  /** A changed row: its time is the session's end, and it has no headers, for it may stand for many records. */
  #send(session: Windowed<unknown>, oldValue: unknown, newValue: unknown): void {
    if (!this.#closing.sendsUpdates) return;
    this.#context.forward({
      key: session,
      value: { newValue, oldValue: this.#sendOld ? oldValue : null },
      timestamp: session.window.endMs,
      headers: [],
    });
  }

  /** Sends the results of the sessions that have closed since the last time, with the headers of `record`. */
  #emit(emittedMs: number, closeMs: number, record: StreamRecord): boolean {
    const fromMs = Math.max(0, emittedMs);
    const toMs = closeMs - 1;
    if (toMs < fromMs) return false;
    for (const { key, value: newValue } of this.#rows.findSessionsByEnd(fromMs, toMs)) {
      const timestamp = key.window.endMs;
      this.#context.forward({ ...record, key, value: { newValue, oldValue: null }, timestamp });
    }
    return true;
  }
}
