import { setTimeout as delay } from 'node:timers/promises';
import type { PlainProducer, ProducedRecord } from '../topology/index.ts';
import { errorType } from '../topology/kafka/errors.ts';

/** A send must stay one request, so that trying it again is the same request. */
const MAX_BATCH_RECORDS = 500;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/** The broker knows another sequence than this producer: only a new producer gets on. */
const OUT_OF_SEQUENCE = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

interface Waiting {
  readonly records: readonly ProducedRecord[];
  readonly onKafka: () => void;
  readonly givenUp: (reason: unknown) => void;
}

/**
 * Puts records on Kafka, for as long as it takes. One send is under way at a time, and one that failed is tried again as
 * it was before anything else is sent: whether the broker had it after all is unknown, but under the same producer and
 * sequence it does not take it twice, nor take another one for it.
 */
export class Publisher {
  readonly #connect: () => Promise<PlainProducer>;
  readonly #stop = new AbortController();
  readonly #waiting: Waiting[] = [];
  #producer: PlainProducer | undefined;
  #sending: Promise<void> | undefined;
  #trouble: { readonly reason: string; readonly sinceMs: number } | undefined;

  constructor(connect: () => Promise<PlainProducer>) {
    this.#connect = connect;
  }

  /** Resolves when all replicas have the records; rejects only after `close`, when it is unknown whether they are there. */
  publish(records: readonly ProducedRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ records, onKafka: resolve, givenUp: reject });
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return promise;
  }

  /** Undefined while all is well, else why Kafka is not to be reached and since when, ms since the epoch. */
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined {
    return this.#trouble;
  }

  /** Gives up what is not on Kafka yet. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the publisher was closed'));
    await this.#sending;
    await this.#discardProducer();
  }

  async #sendAll(): Promise<void> {
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      try {
        await this.#untilSent(batch.flatMap(({ records }) => records));
        for (const { onKafka } of batch) onKafka();
      } catch (error) {
        for (const { givenUp } of batch) givenUp(error);
      }
    }
  }

  #nextBatch(): readonly Waiting[] {
    let records = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      records += waiting.records.length;
      return index > 0 && records > MAX_BATCH_RECORDS;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #untilSent(records: readonly ProducedRecord[]): Promise<void> {
    for (let attempts = 0; ; attempts++) {
      this.#stop.signal.throwIfAborted();
      try {
        this.#producer ??= await this.#connect();
        await this.#producer.send(records);
        this.#trouble = undefined;
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#trouble = { reason, sinceMs: this.#trouble?.sinceMs ?? Date.now() };
        if (OUT_OF_SEQUENCE.has(errorType(error))) await this.#discardProducer();
      }
      const ceilingMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 10));
      const { signal } = this.#stop;
      await delay(ceilingMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  async #discardProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch(() => {});
  }
}
