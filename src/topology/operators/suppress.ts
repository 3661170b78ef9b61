import { StreamsError } from '../errors.ts';
import type { Processor, ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { StreamRecord } from '../record.ts';
import type { BufferStore } from '../stores/buffer-store.ts';
import type { StreamClock } from '../stores/bytes.ts';
import { observedClock } from './emit-on-close.ts';
import { processor } from './processor.ts';
import { type BufferSerdes, SuppressBuffer } from './suppress-buffer.ts';
import type { Change, TableView, ValueGetter } from './types.ts';

type Store = StoreHandle<BufferStore>;

export interface SuppressOptions {
  readonly node: string;
  readonly store: Store;
  readonly serdes: BufferSerdes;
  /** From when a change waits, ms. */
  readonly waitsFrom: (record: StreamRecord<unknown, Change>) => number;
  /** How long it waits, ms of stream time. */
  readonly waitMs: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly whenFull: 'emit' | 'fail';
  /** Whether a row that is gone before it ever went out says nothing. */
  readonly dropsTombstones: boolean;
}

/** Holds changes back, the last one of each key, until they have waited long enough in stream time or the buffer is full. */
export function suppress(options: SuppressOptions): () => Processor<unknown, Change> {
  return processor<Change>((context) => {
    const suppressed = new Suppress(context, options);
    context.onStreamTime((streamTimeMs) => suppressed.advance(streamTimeMs));
    return (record) => suppressed.process(record);
  });
}

class Suppress {
  readonly #context: ProcessorContext;
  readonly #options: SuppressOptions;
  readonly #buffer: SuppressBuffer;
  readonly #observed: StreamClock;

  constructor(context: ProcessorContext, options: SuppressOptions) {
    this.#context = context;
    this.#options = options;
    this.#buffer = new SuppressBuffer(context.getStateStore(options.store), options.serdes);
    this.#observed = observedClock(context, options.node);
  }

  process(record: StreamRecord<unknown, Change>): void {
    this.#observed.advance(record.timestamp);
    this.#buffer.put(this.#options.waitsFrom(record), record);
    this.#emitDue();
  }

  /** Stream time has moved without a record. */
  advance(streamTimeMs: number): void {
    this.#observed.advance(streamTimeMs);
    this.#emitDue();
  }

  #emitDue(): void {
    const { waitMs, whenFull } = this.#options;
    const untilMs = this.#observed.timeMs - waitMs;
    for (let next = this.#buffer.first(); next; next = this.#buffer.first()) {
      const full = this.#full();
      if (next.dueMs > untilMs && !full) return;
      if (next.dueMs > untilMs && whenFull === 'fail') throw this.#overfull();
      this.#emit(next.read());
      next.remove();
    }
  }

  #emit(record: StreamRecord<unknown, Change>): void {
    if (record.value.newValue === null && this.#options.dropsTombstones) return;
    this.#context.forward(record);
  }

  #full(): boolean {
    const { maxRecords, maxBytes } = this.#options;
    if (maxRecords === Number.POSITIVE_INFINITY && maxBytes === Number.POSITIVE_INFINITY) return false;
    const { records, bytes } = this.#buffer.held;
    return records > maxRecords || bytes > maxBytes;
  }

  #overfull(): StreamsError {
    const { node, maxRecords, maxBytes } = this.#options;
    const { records, bytes } = this.#buffer.held;
    return new StreamsError(
      'SUPPRESS_BUFFER_FULL',
      'fail',
      `the buffer of suppress "${node}" holds ${records} of ${maxRecords} records and ${bytes} of ${maxBytes} bytes: ` +
        `raise its maxRecords or maxBytes, or shorten the windows or their grace`,
    );
  }
}

/** The rows as they were last sent out: the parent's, but for keys that wait. */
export function suppressView(parent: TableView, store: Store, serdes: BufferSerdes): TableView {
  return {
    stores: [store.name, ...parent.stores],
    open(context): ValueGetter {
      const rows = parent.open(context);
      const buffer = new SuppressBuffer(context.getStateStore(store), serdes);
      return {
        get(key) {
          const before = buffer.sentBefore(key);
          if (before === undefined) return rows.get(key);
          return before && { value: before.value, timestamp: -1 };
        },
      };
    },
  };
}
