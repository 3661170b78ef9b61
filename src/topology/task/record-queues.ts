import type { ConsumedRecord } from '../record.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { CompiledSource } from './compile.ts';
import { type Head, RecordQueue } from './record-queue.ts';

/** An object, its place in queues and buffers, and what KafkaJS keeps of a record. */
const RECORD_OVERHEAD_BYTES = 300;

/** What a record counts for from intake to turn, bytes. */
export function inputBytesOf({ key, value }: ConsumedRecord): number {
  return RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
}

export interface RecordQueuesOptions {
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly node: CompiledSource;
  }[];
  readonly budget: ByteBudget;
  readonly nowMs: () => number;
  /** How long an empty queue is waited for, ms; 0: not at all. */
  readonly maxTaskIdleMs: number;
  /** A record whose extractor gave it a negative timestamp is left out, as in Kafka Streams. */
  readonly onSkipped: (record: ConsumedRecord) => void;
  /** The wait for an empty queue is over. */
  readonly onIdle: () => void;
}

/** The queues of a task's partitions. The next record is the one with the earliest timestamp. */
export class RecordQueues {
  readonly #options: RecordQueuesOptions;
  readonly #queues: readonly RecordQueue[];
  #idleSinceMs: number | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: RecordQueuesOptions) {
    this.#options = options;
    this.#queues = options.partitions.map(
      ({ topic, partition, node }) => new RecordQueue(topic, partition, node),
    );
  }

  /** Records that were not chosen yet. */
  get length(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Takes in records of one partition; returns what they count for, bytes. Those of a partition not read here are ignored. */
  push(records: readonly ConsumedRecord[]): number {
    const first = records[0];
    const queue = this.#queues.find((q) => q.topic === first?.topic && q.partition === first?.partition);
    let bytes = 0;
    for (const record of queue ? records : []) {
      const size = inputBytesOf(record);
      bytes += size;
      queue?.push(record, this.#options.budget.hold(size));
    }
    return bytes;
  }

  /** Takes the earliest record; none while an empty queue may still bring an earlier one. */
  next(): Head | undefined {
    let earliest: RecordQueue | undefined;
    let earliestMs = Number.POSITIVE_INFINITY;
    let empty = false;
    for (const queue of this.#queues) {
      const head = queue.head(this.#options.onSkipped);
      if (!head) empty = true;
      else if (head.record.timestamp < earliestMs) {
        earliest = queue;
        earliestMs = head.record.timestamp;
      }
    }
    if (!empty || !earliest || this.#options.maxTaskIdleMs === 0) this.#idleSinceMs = undefined;
    else if (!this.#idledEnough()) return undefined;
    return earliest?.shift();
  }

  clear(): void {
    clearTimeout(this.#idleTimer);
    for (const queue of this.#queues) queue.clear();
  }

  #idledEnough(): boolean {
    const { nowMs, maxTaskIdleMs, onIdle } = this.#options;
    const now = nowMs();
    this.#idleSinceMs ??= now;
    const leftMs = this.#idleSinceMs + maxTaskIdleMs - now;
    if (leftMs <= 0) return true;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(onIdle, leftMs);
    return false;
  }
}
