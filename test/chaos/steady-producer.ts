import type { Kafka, Producer, TopicMessages } from 'kafkajs';

const MAX_FAILURES_IN_A_ROW = 10;

/**
 * A producer that begins anew, with an id of its own, when a send has failed: where one of several brokers dies, KafkaJS sends
 * again while the others still answer, loses count, and is refused from then on (OUT_OF_ORDER_SEQUENCE_NUMBER).
 */
export class SteadyProducer {
  readonly #kafka: Kafka;
  readonly #say: (line: string) => void;
  #producer: Producer | undefined;
  #failuresInARow = 0;

  constructor(kafka: Kafka, say: (line: string) => void) {
    this.#kafka = kafka;
    this.#say = say;
  }

  /** Whether all is written; where not, nobody but the topics knows what is. Throws when sends fail again and again. */
  async send(topicMessages: TopicMessages[]): Promise<boolean> {
    try {
      await (await this.#connected()).sendBatch({ acks: -1, topicMessages });
      this.#failuresInARow = 0;
      return true;
    } catch (error) {
      if (++this.#failuresInARow === MAX_FAILURES_IN_A_ROW) throw error;
      this.#say(`events could not be written: ${error instanceof Error ? error.message : String(error)}`);
      await this.close();
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect().catch(() => {});
    this.#producer = undefined;
  }

  async #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer;
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    this.#producer = producer;
    return producer;
  }
}
