// What image-stats says, kept by event id for whoever waits for one.
import { randomUUID } from 'node:crypto';
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import type { ImageCodec } from '../../src/serdes/codec.ts';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { mend } from '../../src/topology/kafka/mended.ts';

export class StatsEvents {
  readonly #consumer: Consumer;
  readonly #codec: ImageCodec;
  readonly #topic: string;
  readonly #events = new Map<string, ImageProcessed>();
  readonly #waiting = new Map<string, ((event: ImageProcessed) => void)[]>();

  constructor(brokers: string, topic: string, codec: ImageCodec) {
    const kafka = new Kafka({ clientId: 'darkroom-kit', brokers: [brokers], logLevel: logLevel.NOTHING });
    mend(kafka);
    this.#consumer = kafka.consumer({ groupId: `darkroom-kit-${randomUUID()}`, maxWaitTimeInMs: 100 });
    this.#topic = topic;
    this.#codec = codec;
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    await this.#consumer.run({
      eachMessage: async ({ message }) => {
        const decoded = await this.#codec.decodeProcessed(message.value);
        if (decoded.ok) this.#arrived(decoded.value);
      },
    });
  }

  /** The event with this id, now or when it comes. Rejects after `timeoutMs`. */
  await(eventId: string, timeoutMs: number): Promise<ImageProcessed> {
    const known = this.#events.get(eventId);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(
              `no event ${eventId} on ${this.#topic} within ${timeoutMs} ms; ${this.#events.size} others came`,
            ),
          ),
        timeoutMs,
      );
      const waiting = this.#waiting.get(eventId) ?? [];
      waiting.push((event) => {
        clearTimeout(timer);
        resolve(event);
      });
      this.#waiting.set(eventId, waiting);
    });
  }

  stop(): Promise<void> {
    return this.#consumer.disconnect();
  }

  #arrived(event: ImageProcessed): void {
    this.#events.set(event.eventId, event);
    for (const tell of this.#waiting.get(event.eventId) ?? []) tell(event);
    this.#waiting.delete(event.eventId);
  }
}
