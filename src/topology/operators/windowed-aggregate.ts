import type { Processor, ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';
import type { StreamClock } from '../stores/bytes.ts';
import type { ValueAndTimestamp, WindowStore } from '../stores/types.ts';
import type { Aggregation } from './aggregation.ts';
import { CloseWatch, observedClock } from './emit-on-close.ts';
import { isAbsent } from './join-values.ts';
import { processor } from './processor.ts';
import { inSameWindows, type TimeWindows, windowStarts } from './time-windows.ts';

type WindowRows = WindowStore<unknown, ValueAndTimestamp<unknown>>;

export interface WindowedAggregateOptions {
  readonly node: string;
  readonly windows: TimeWindows;
  readonly aggregation: Aggregation;
  readonly store: StoreHandle<WindowRows>;
  /** Asked when a task starts: whether somebody below needs old values. */
  readonly sendsOldValues: () => boolean;
  /** Absent: each update goes out. Else only results of closed windows, looked for once in so many ms of wall clock. */
  readonly emitIntervalMs: number | undefined;
}

/**
 * One row for each key and window. A window closes when stream time, as this node has seen it over all keys, has reached its
 * end + grace; what comes later for it is left out. Records without a key are left out, without a value they count.
 */
export function windowedAggregate(options: WindowedAggregateOptions): () => Processor {
  return processor((context) => {
    const windowed = new WindowedAggregate(context, options);
    context.onStreamTime((streamTimeMs) => windowed.advance(streamTimeMs));
    return (record) => windowed.process(record);
  });
}

class WindowedAggregate {
  readonly #context: ProcessorContext;
  readonly #windows: TimeWindows;
  readonly #aggregation: Aggregation;
  readonly #rows: WindowRows;
  readonly #sendOld: boolean;
  /** Highest time of a record with a key. */
  readonly #observed: StreamClock;
  /** Present if only results of closed windows go out. */
  readonly #watch: CloseWatch | undefined;

  constructor(context: ProcessorContext, options: WindowedAggregateOptions) {
    this.#context = context;
    this.#windows = options.windows;
    this.#aggregation = options.aggregation;
    this.#rows = context.getStateStore(options.store);
    this.#sendOld = options.sendsOldValues();
    this.#observed = observedClock(context, options.node);
    if (options.emitIntervalMs !== undefined)
      this.#watch = new CloseWatch(context, options.node, options.emitIntervalMs);
  }

  process(record: StreamRecord): void {
    if (isAbsent(record.key)) {
      this.#context.dropped('null-key');
      return;
    }
    this.#observed.advance(record.timestamp);
    const closeMs = this.#closeMs();
    for (const startMs of windowStarts(this.#windows, record.timestamp)) {
      if (startMs + this.#windows.sizeMs > closeMs) this.#update(record, startMs);
      else this.#context.dropped('late');
    }
    if (this.#watch?.due(closeMs)) this.#emit(this.#watch, closeMs, record);
  }

  /** Stream time has moved without a record. */
  advance(streamTimeMs: number): void {
    this.#observed.advance(streamTimeMs);
    const closeMs = this.#closeMs();
    const nothing = { key: null, value: null, timestamp: streamTimeMs, headers: [] };
    if (this.#watch?.moved(closeMs)) this.#emit(this.#watch, closeMs, nothing);
  }

  /** Windows that end here or before are closed. */
  #closeMs(): number {
    return this.#observed.timeMs - this.#windows.graceMs;
  }

  #update(record: StreamRecord, startMs: number): void {
    const { key, value } = record;
    const row = this.#rows.fetch(key, startMs);
    const oldValue = row ? row.value : (this.#aggregation.initialize() ?? null);
    const timestamp = row ? Math.max(record.timestamp, row.timestamp) : record.timestamp;
    const newValue = this.#aggregation.add(oldValue, value, key) ?? null;
    this.#rows.put(key, newValue === null ? null : { value: newValue, timestamp }, startMs);
    if (this.#watch) return;
    const window = { startMs, endMs: startMs + this.#windows.sizeMs };
    this.#context.forward({
      ...record,
      key: { key, window },
      value: { newValue, oldValue: this.#sendOld ? oldValue : null },
      timestamp,
    });
  }

  /** Sends the results of the windows that have closed since the last time, with the headers of `record`. */
  #emit(watch: CloseWatch, closeMs: number, record: StreamRecord): void {
    const { sizeMs } = this.#windows;
    const toMs = closeMs - sizeMs;
    if (toMs < 0) return;
    const first = watch.emittedMs === -1;
    const behindMs = Math.max(0, watch.emittedMs - sizeMs);
    if (!first && inSameWindows(this.#windows, toMs, behindMs)) return;
    for (const { key, value: row } of this.#rows.fetchAll(first ? 0 : behindMs + 1, toMs)) {
      const { value: newValue, timestamp } = row;
      this.#context.forward({ ...record, key, value: { newValue, oldValue: null }, timestamp });
    }
    watch.emitted(closeMs);
  }
}
