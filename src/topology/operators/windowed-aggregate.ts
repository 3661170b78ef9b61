import type { Processor, ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';
import type { ValueAndTimestamp, WindowStore } from '../stores/types.ts';
import type { Aggregation } from './aggregation.ts';
import { ClosingWindows } from './emit-on-close.ts';
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
    return (record) => windowed.process(record);
  });
}

class WindowedAggregate {
  readonly #context: ProcessorContext;
  readonly #windows: TimeWindows;
  readonly #aggregation: Aggregation;
  readonly #rows: WindowRows;
  readonly #sendOld: boolean;
  readonly #closing: ClosingWindows;

  constructor(context: ProcessorContext, options: WindowedAggregateOptions) {
    this.#context = context;
    this.#windows = options.windows;
    this.#aggregation = options.aggregation;
    this.#rows = context.getStateStore(options.store);
    this.#sendOld = options.sendsOldValues();
    this.#closing = new ClosingWindows(context, {
      node: options.node,
      closesAfterMs: options.windows.graceMs,
      emitIntervalMs: options.emitIntervalMs,
      emit: (emittedMs, closeMs, record) => this.#emit(emittedMs, closeMs, record),
    });
  }

  process(record: StreamRecord): void {
    if (isAbsent(record.key)) {
      this.#context.dropped('null-key');
      return;
    }
    const closeMs = this.#closing.observe(record.timestamp);
    for (const startMs of windowStarts(this.#windows, record.timestamp)) {
      if (startMs + this.#windows.sizeMs > closeMs) this.#update(record, startMs);
      else this.#context.dropped('late');
    }
    this.#closing.sendDue(closeMs, record);
  }

  #update(record: StreamRecord, startMs: number): void {
    const { key, value } = record;
    const row = this.#rows.fetch(key, startMs);
    const oldValue = row ? row.value : (this.#aggregation.initialize() ?? null);
    const timestamp = row ? Math.max(record.timestamp, row.timestamp) : record.timestamp;
    const newValue = this.#aggregation.add(oldValue, value, key) ?? null;
    this.#rows.put(key, newValue === null ? null : { value: newValue, timestamp }, startMs);
    if (!this.#closing.sendsUpdates) return;
    const window = { startMs, endMs: startMs + this.#windows.sizeMs };
    this.#context.forward({
      ...record,
      key: { key, window },
      value: { newValue, oldValue: this.#sendOld ? oldValue : null },
      timestamp,
    });
  }

  /** Sends the results of the windows that have closed since the last time, with the headers of `record`. */
  #emit(emittedMs: number, closeMs: number, record: StreamRecord): boolean {
    const { sizeMs } = this.#windows;
    const toMs = closeMs - sizeMs;
    if (toMs < 0) return false;
    const first = emittedMs === -1;
    const behindMs = Math.max(0, emittedMs - sizeMs);
    if (!first && inSameWindows(this.#windows, toMs, behindMs)) return false;
    for (const { key, value: row } of this.#rows.fetchAll(first ? 0 : behindMs + 1, toMs)) {
      const { value: newValue, timestamp } = row;
      this.#context.forward({ ...record, key, value: { newValue, oldValue: null }, timestamp });
    }
    return true;
  }
}
