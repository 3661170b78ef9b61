import type { Consumer } from 'kafkajs';

/** Why a partition is not fetched: its task is being acquired, what is in memory is enough, or the application is paused. */
export type PauseReason = 'acquire' | 'full' | 'application';

/** One partition that a task reads: how far it was read, and why it is paused. */
export class Intake {
  readonly topic: string;
  readonly partition: number;
  /** The offset that is to be read next; what comes below it was read before. */
  nextOffset = 0;
  /** The end of the partition when it was last fetched. */
  highWatermark = 0;
  readonly #consumer: Consumer;
  readonly #reasons = new Set<PauseReason>();

  constructor(consumer: Consumer, topic: string, partition: number) {
    this.#consumer = consumer;
    this.topic = topic;
    this.partition = partition;
  }

  get paused(): boolean {
    return this.#reasons.size > 0;
  }

  /** Records between what was read and the end. */
  get lag(): number {
    return Math.max(0, this.highWatermark - this.nextOffset);
  }

  pause(reason: PauseReason): void {
    if (this.#reasons.size === 0)
      this.#tell(() => this.#consumer.pause([{ topic: this.topic, partitions: [this.partition] }]));
    this.#reasons.add(reason);
  }

  /** Fetching goes on when no reason is left. */
  resume(reason: PauseReason): void {
    if (!this.#reasons.delete(reason) || this.#reasons.size > 0) return;
    this.#tell(() => this.#consumer.resume([{ topic: this.topic, partitions: [this.partition] }]));
  }

  seek(offset: number): void {
    this.nextOffset = offset;
    this.#tell(() =>
      this.#consumer.seek({ topic: this.topic, partition: this.partition, offset: String(offset) }),
    );
  }

  /** KafkaJS throws while the consumer is stopped or restarts after a crash; the next join sets everything anew. */
  #tell(call: () => void): void {
    try {
      call();
    } catch {
      // see above
    }
  }
}
