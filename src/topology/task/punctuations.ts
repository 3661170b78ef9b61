import { StreamsError } from '../errors.ts';
import type { Cancellable, PunctuationType } from '../graph/nodes.ts';
import type { CompiledProcess } from './compile.ts';
import { TimeHeap } from './time-heap.ts';

/** A punctuation that comes again and again, until it is cancelled. */
export interface Schedule {
  readonly node: CompiledProcess;
  readonly intervalMs: number;
  readonly punctuate: (timestampMs: number) => void;
  /** When it is due next, ms. */
  dueMs: number;
  cancelled: boolean;
}

/** A clock has jumped over several intervals: one punctuation makes up for all of them. */
function followingMs({ dueMs, intervalMs }: Schedule, nowMs: number): number {
  if (nowMs < dueMs + intervalMs) return dueMs + intervalMs;
  return dueMs + (Math.floor((nowMs - dueMs) / intervalMs) + 1) * intervalMs;
}

/** What the processors of a task have scheduled, on both clocks. */
export class Punctuations {
  readonly #heaps: Readonly<Record<PunctuationType, TimeHeap<Schedule>>> = {
    'stream-time': new TimeHeap(({ dueMs }) => dueMs),
    'wall-clock-time': new TimeHeap(({ dueMs }) => dueMs),
  };

  /** @param firstMs stream time counts from 0, so that the first record is a reason; the wall clock from now + interval. */
  schedule(
    type: PunctuationType,
    firstMs: number,
    given: Omit<Schedule, 'dueMs' | 'cancelled'>,
  ): Cancellable {
    const { node, intervalMs } = given;
    if (!Number.isSafeInteger(intervalMs) || intervalMs < 1) {
      throw new StreamsError(
        'INTERVAL_INVALID',
        'fail',
        `${node.name} schedules a punctuation every ${intervalMs} ms: give a whole number of at least 1`,
      );
    }
    const schedule: Schedule = { ...given, dueMs: firstMs, cancelled: false };
    this.#heaps[type].add(schedule);
    return {
      cancel() {
        schedule.cancelled = true;
      },
    };
  }

  isDue(type: PunctuationType, nowMs: number): boolean {
    const heap = this.#heaps[type];
    for (let top = heap.peek(); top && top.dueMs <= nowMs; top = heap.peek()) {
      if (!top.cancelled) return true;
      heap.poll();
    }
    return false;
  }

  /** Takes out the next one that is due, for it to be called now. */
  takeDue(type: PunctuationType, nowMs: number): Schedule | undefined {
    return this.isDue(type, nowMs) ? this.#heaps[type].poll() : undefined;
  }

  /** Lets a taken one come again after its interval; `sameTime`: at once, for it has failed and is to be tried again. */
  again(type: PunctuationType, schedule: Schedule, nowMs: number, sameTime: boolean): void {
    if (schedule.cancelled) return;
    if (!sameTime) schedule.dueMs = followingMs(schedule, nowMs);
    this.#heaps[type].add(schedule);
  }

  /** When the earliest is due, ms; undefined: none is scheduled. */
  nextMs(type: PunctuationType): number | undefined {
    return this.#heaps[type].peek()?.dueMs;
  }

  clear(): void {
    this.#heaps['stream-time'].clear();
    this.#heaps['wall-clock-time'].clear();
  }
}
