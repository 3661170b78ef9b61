import type { Processor, ProcessorContext, StoreHandle } from '../graph/nodes.ts';
import type { Headers, StreamRecord } from '../record.ts';
import type { WindowStore } from '../stores/types.ts';
import { isAbsent, type Joiner } from './join-values.ts';
import { processor } from './processor.ts';
import { type JoinSide, otherSide, type UnjoinedRecords } from './stream-join-unjoined.ts';
import type { JoinWindows } from './stream-join-windows.ts';

type Records = StoreHandle<WindowStore<unknown, unknown>>;

/** Passes records on and keeps them for the other side: in this order, so that a stream can be joined with itself. */
export function joinWindow(store: Records): () => Processor {
  return processor((context) => {
    const kept = context.getStateStore(store);
    return (record) => {
      context.forward(record);
      if (!isAbsent(record.key) && !isAbsent(record.value))
        kept.put(record.key, record.value, record.timestamp);
    };
  });
}

export interface StreamJoinOptions {
  readonly side: JoinSide;
  readonly windows: JoinWindows;
  readonly joiner: Joiner;
  /** The other side's records. */
  readonly other: Records;
  /** Whether this side's records go out alone when no partner has come. */
  readonly outer: boolean;
  /** Left and outer joins: what both sides keep of records without a partner. */
  readonly unjoined?: ((context: ProcessorContext) => UnjoinedRecords) | undefined;
  /** Closed windows are looked for at most once in so many ms of wall clock; 0: whenever one may have closed. */
  readonly emitIntervalMs: number;
}

/**
 * One side of a stream-stream join. A record meets those that the other side has kept, in order of time; the result has the
 * larger timestamp and this record's headers. Without a partner it goes out alone as soon as none can come any more.
 */
export function streamJoin(options: StreamJoinOptions): () => Processor {
  return processor((context) => {
    const side = new StreamJoinSide(context, options);
    if (options.unjoined && options.side === 'left')
      context.onStreamTime((streamTimeMs) => side.advance(streamTimeMs));
    return (record) => side.process(record);
  });
}

class StreamJoinSide {
  readonly #context: ProcessorContext;
  readonly #options: StreamJoinOptions;
  readonly #other: WindowStore<unknown, unknown>;
  readonly #unjoined: UnjoinedRecords | undefined;
  readonly #beforeMs: number;
  readonly #afterMs: number;

  constructor(context: ProcessorContext, options: StreamJoinOptions) {
    this.#context = context;
    this.#options = options;
    this.#other = context.getStateStore(options.other);
    this.#unjoined = options.unjoined?.(context);
    const { beforeMs, afterMs } = options.windows;
    [this.#beforeMs, this.#afterMs] = options.side === 'left' ? [beforeMs, afterMs] : [afterMs, beforeMs];
  }

  process(record: StreamRecord): void {
    const unjoined = this.#unjoined;
    unjoined?.clock.advance(record.timestamp);
    if (this.#options.outer && isAbsent(record.key) && !isAbsent(record.value)) {
      this.#forwardAlone(record);
      return;
    }
    if (isAbsent(record.key) || isAbsent(record.value)) {
      this.#context.dropped(isAbsent(record.key) ? 'null-key' : 'null-value');
      return;
    }
    const newest = unjoined?.clock.timeMs === record.timestamp;
    if (unjoined && newest && this.#mayBeDue(unjoined) && this.#mayLook(unjoined)) {
      this.#emitClosed(unjoined, record.headers);
    }
    const joined = this.#joinOthers(record);
    if (joined || !this.#options.outer) return;
    // A partner that comes now would be too late for the other side's store: nothing is to be waited for.
    if (!unjoined || this.#lastPartnerMs(record) < unjoined.clock.timeMs) this.#forwardAlone(record);
    else unjoined.add({ ...record, side: this.#options.side });
  }

  /** Nothing comes in any more: what waits for a partner goes out as stream time moves on alone. */
  advance(streamTimeMs: number): void {
    if (!this.#unjoined) return;
    this.#unjoined.clock.advance(streamTimeMs);
    this.#emitClosed(this.#unjoined, []);
  }

  /** The latest timestamp that a partner of the record can have. */
  #lastPartnerMs({ timestamp }: StreamRecord): number {
    return Math.max(0, timestamp + this.#afterMs);
  }

  /** Returns whether there was a partner. */
  #joinOthers(record: StreamRecord): boolean {
    const { side, joiner } = this.#options;
    const from = Math.max(0, record.timestamp - this.#beforeMs);
    let joined = false;
    for (const { key, value } of this.#other.fetchRange(record.key, from, this.#lastPartnerMs(record))) {
      joined = true;
      const timestamp = key.window.startMs;
      this.#unjoined?.remove({ side: otherSide(side), key: record.key, timestamp });
      const [left, right] = side === 'left' ? [record.value, value] : [value, record.value];
      this.#context.forward({
        ...record,
        value: joiner(left, right, record.key),
        timestamp: Math.max(record.timestamp, timestamp),
      });
    }
    return joined;
  }

  /**
   * Whether to look for closed windows. When that is, and how far `#emitClosed` looks, follows Kafka Streams to the letter,
   * since it decides with which record, and with whose headers, such a result comes.
   */
  #mayBeDue(unjoined: UnjoinedRecords): boolean {
    const lookAheadMs = this.#afterMs + this.#options.windows.graceMs;
    const { earliestMs } = unjoined;
    if (earliestMs === Number.POSITIVE_INFINITY) return lookAheadMs > 0; // an overflow in Java; it moves nextLookMs
    return earliestMs + lookAheadMs < unjoined.clock.timeMs;
  }

  #mayLook(unjoined: UnjoinedRecords): boolean {
    return this.#context.currentSystemTimeMs() >= unjoined.nextLookMs;
  }

  /** Sends out, in order and with these headers, what can find no partner any more. */
  #emitClosed(unjoined: UnjoinedRecords, headers: Headers): void {
    const { beforeMs, afterMs, graceMs } = this.#options.windows;
    unjoined.nextLookMs = this.#context.currentSystemTimeMs() + this.#options.emitIntervalMs;
    let earliestMs = Number.POSITIVE_INFINITY;
    const open = { left: false, right: false };
    for (const { side, ...row } of unjoined) {
      earliestMs = row.timestamp;
      if (open.left && open.right) break;
      const waitsMs = (side === 'left' ? afterMs : beforeMs) + graceMs;
      if (row.timestamp + waitsMs >= unjoined.clock.timeMs) {
        open[side] = true;
        continue;
      }
      this.#forwardAlone({ ...row, headers }, side);
      unjoined.remove({ ...row, side });
    }
    unjoined.earliestMs = earliestMs;
  }

  #forwardAlone(record: StreamRecord, side: JoinSide = this.#options.side): void {
    const { joiner } = this.#options;
    const value =
      side === 'left' ? joiner(record.value, null, record.key) : joiner(null, record.value, record.key);
    this.#context.forward({ ...record, value });
  }
}
