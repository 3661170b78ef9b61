import type { ConsumedRecord } from '../record.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { CompiledSource } from './compile.ts';
import { type Head, type ReadRules, RecordQueue } from './record-queue.ts';
import { TimeHeap } from './time-heap.ts';

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
    /** The highest record time seen before, ms; -1: none. */
    readonly timeMs: number;
  }[];
  readonly budget: ByteBudget;
  readonly rules: ReadRules;
  /** How long an empty queue is waited for, ms; 0: not at all. */
  readonly maxTaskIdleMs: number;
  /** The wait for an empty queue is over. */
  readonly onIdle: () => void;
}

/** The queues of a task's partitions. The next record is the one with the earliest timestamp. */
export class RecordQueues {
  readonly #options: RecordQueuesOptions;
  readonly #queues: readonly RecordQueue[];
  /** Those with a record that is not decoded yet, the longest waiting first, and those whose head is known. */
  readonly #unread: RecordQueue[] = [];
  readonly #ready = new TimeHeap<RecordQueue>((queue) => queue.headTimeMs);
  #idleSinceMs: number | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: RecordQueuesOptions) {
    this.#options = options;
    this.#queues = options.partitions.map(
      ({ node, ...place }) => new RecordQueue(place, node, options.rules),
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
    if (!queue) return 0;
    if (queue.length === 0 && this.#queues.length > 1) this.#unread.push(queue);
    let bytes = 0;
    for (const record of records) {
      const size = inputBytesOf(record);
      bytes += size;
      queue.push(record, this.#options.budget.hold(size));
    }
    return bytes;
  }

  /** Takes the earliest record; none while a queue may still bring an earlier one. */
  next(): Head | undefined {
    const [only] = this.#queues;
    if (this.#queues.length === 1) return only?.read() === 'found' ? only.shift() : undefined;
    for (let queue = this.#unread[0]; queue; queue = this.#unread[0]) {
      const found = queue.read();
      if (found === 'later') return undefined;
      this.#unread.shift();
      if (found === 'found') this.#ready.add(queue);
    }
    const some = this.#ready.size > 0;
    const all = this.#ready.size === this.#queues.length;
    if (all || !some || this.#options.maxTaskIdleMs === 0) this.#idleSinceMs = undefined;
    else if (!this.#idledEnough()) return undefined;
    const earliest = this.#ready.poll();
    const head = earliest?.shift();
    if (earliest && earliest.length > 0) this.#unread.push(earliest);
    return head;
  }

  clear(): void {
    clearTimeout(this.#idleTimer);
    this.#unread.length = 0;
    this.#ready.clear();
    for (const queue of this.#queues) queue.clear();
  }

  #idledEnough(): boolean {
    const { rules, maxTaskIdleMs, onIdle } = this.#options;
    const now = rules.nowMs();
    this.#idleSinceMs ??= now;
    const leftMs = this.#idleSinceMs + maxTaskIdleMs - now;
    if (leftMs <= 0) return true;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(onIdle, leftMs);
    return false;
  }
}
