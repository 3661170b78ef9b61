import type { Consumer, Kafka } from 'kafkajs';
import type { ImageCodec } from '../../../src/serdes/codec.ts';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';

/** Reads image-stats as consumers downstream do, read committed, and notes when what came. */
export class StatsReader {
  /** Events by image id, each place of the topic once. */
  readonly events = new Map<string, ImageProcessed[]>();
  readonly #codec: ImageCodec;
  readonly #topic: string;
  readonly #consumer: Consumer;
  readonly #places = new Set<string>();
  readonly #marks = new Set<string>();
  #firstAtMs: number | undefined;
  #lastAtMs = 0;
  #longestStallMs = 0;

  constructor(kafka: Kafka, topic: string, codec: ImageCodec) {
    this.#codec = codec;
    this.#topic = topic;
    this.#consumer = kafka.consumer({
      groupId: `reader-of-${topic}`,
      readUncommitted: false,
      sessionTimeout: 10_000,
      retry: { retries: 1000, maxRetryTime: 1_000, restartOnFailure: async () => true },
    });
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    await this.#consumer.run({
      eachMessage: async ({ partition, message }) => {
        const place = `${partition}@${message.offset}`;
        if (this.#places.has(place)) return; // read again after a rebalance of this reader
        this.#places.add(place);
        if (message.headers?.mark) {
          this.#marks.add(message.headers.mark.toString());
          return;
        }
        const decoded = await this.#codec.decodeProcessed(message.value);
        if (!decoded.ok) throw new Error(`${this.#topic} ${place}: ${decoded.reason}`);
        this.#note(decoded.value);
      },
    });
  }

  /** Images with at least one event. */
  get seen(): number {
    return this.events.size;
  }

  /** Longest time between two events, ms. */
  get longestStallMs(): number {
    return this.#longestStallMs;
  }

  hasMark(mark: string): boolean {
    return this.#marks.has(mark);
  }

  stop(): Promise<void> {
    return this.#consumer.disconnect();
  }

  #note(event: ImageProcessed): void {
    const nowMs = Date.now();
    if (this.#firstAtMs === undefined) this.#firstAtMs = nowMs;
    else this.#longestStallMs = Math.max(this.#longestStallMs, nowMs - this.#lastAtMs);
    this.#lastAtMs = nowMs;
    const known = this.events.get(event.eventId);
    if (known) known.push(event);
    else this.events.set(event.eventId, [event]);
  }
}
