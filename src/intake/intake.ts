import { setTimeout as delay } from 'node:timers/promises';
import type { ImageUploaded } from '../serdes/image-uploaded.generated.ts';
import { bucketProblem } from '../sources/reference.ts';
import {
  type NotifiedUpload,
  type ObjectFacts,
  parseNotification,
  uploadRecord,
} from '../sources/s3-notification.ts';
import { type Logger, type ProducedRecord, StreamsError } from '../topology/index.ts';
import type { Publisher } from './publisher.ts';
import type { QueueMessage, UploadQueue } from './upload-queue.ts';

/** A message in hand is nobody else's for so long, and renewed in time: an instance that dies gives it back that late. */
const VISIBILITY_SECONDS = 60;
const RENEW_MS = 20_000;
/** When a message that cannot be read comes again, until the queue puts it aside. */
const UNREADABLE_SECONDS = 5;
/** A request to the queue names so many messages at most. */
const BATCH = 10;
/** For giving messages back at the end. */
const RELEASE_MS = 2_000;

export interface IntakeDeps {
  readonly queue: UploadQueue;
  readonly publisher: Publisher;
  /** What S3 knows of an object; undefined when it is gone. Retries while S3 is away; throws what waiting does not heal. */
  readonly head: (
    reference: { readonly bucket: string; readonly key: string; readonly versionId?: string },
    options: { readonly signal: AbortSignal },
  ) => Promise<ObjectFacts | undefined>;
  readonly encode: (upload: ImageUploaded) => Buffer;
  /** Where uploads go. */
  readonly topic: string;
  /** Those that objects may lie in. */
  readonly allowedBuckets: ReadonlySet<string>;
  /** Receives at once; each holds 10 messages at most. */
  readonly pollers: number;
  readonly logger: Logger;
}

/** What has become of the messages since the start. */
export interface IntakeCounts {
  readonly uploads: number;
  readonly ignored: number;
  readonly unreadable: number;
  readonly inHand: number;
}

/**
 * Brings uploads from the queue of S3's notifications to Kafka. A message is removed only when its records are there, so a
 * crash between the two repeats them, and nothing is lost.
 */
export class Intake {
  readonly #deps: IntakeDeps;
  /** Ends the polling. */
  readonly #stop = new AbortController();
  /** Gives up what is in hand. */
  readonly #giveUp = new AbortController();
  readonly #inHand = new Set<QueueMessage>();
  #running: Promise<unknown> | undefined;
  #counts = { uploads: 0, ignored: 0, unreadable: 0 };

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  get counts(): IntakeCounts {
    return { ...this.#counts, inHand: this.#inHand.size };
  }

  /** Polls until `close`; rejects when it cannot go on. */
  run(): Promise<void> {
    const renewal = setInterval(() => {
      void this.#holdAll([...this.#inHand], VISIBILITY_SECONDS, this.#giveUp.signal);
    }, RENEW_MS);
    const pollers = Array.from({ length: this.#deps.pollers }, () => this.#poll());
    const running = Promise.all(pollers)
      .then(() => {})
      .finally(() => clearInterval(renewal));
    this.#running = running.catch(() => {}); // for close; the caller sees the error
    return running;
  }

  /** Receives no more, finishes what is in hand, and gives back what it could not finish in time. */
  async close(timeoutMs: number): Promise<void> {
    this.#stop.abort(new Error('the intake ends'));
    const graceMs = Math.max(0, timeoutMs - RELEASE_MS);
    await Promise.race([this.#running, delay(graceMs, undefined, { ref: false })]);
    const unfinished = [...this.#inHand];
    this.#giveUp.abort(new Error('the intake has ended'));
    await Promise.all([
      this.#holdAll(unfinished, 0, AbortSignal.timeout(RELEASE_MS)),
      this.#deps.publisher.close(), // may have to wait for a request that is under way
    ]);
    await this.#running;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const messages = await this.#deps.queue.receive({ signal, visibilitySeconds: VISIBILITY_SECONDS });
        await this.#take(messages);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async #take(messages: readonly QueueMessage[]): Promise<void> {
    for (const message of messages) this.#inHand.add(message);
    try {
      const read = await Promise.all(messages.map((message) => this.#read(message)));
      const readable = messages.filter((_, index) => read[index] !== undefined);
      const records = read.flatMap((found) => found ?? []);
      await this.#deps.publisher.publish(records);
      this.#counts.uploads += records.length;
      this.#counts.ignored += read.filter((found) => found?.length === 0).length;
      await this.#deps.queue.remove(readable, { signal: this.#giveUp.signal });
    } finally {
      for (const message of messages) this.#inHand.delete(message);
    }
  }

  /** The records of a message; undefined when it is left to the queue. */
  async #read(message: QueueMessage): Promise<readonly ProducedRecord[] | undefined> {
    const notification = parseNotification(message.body);
    if (notification.kind === 'unreadable') return this.#leave(message, notification.reason);
    try {
      return await Promise.all(notification.uploads.map((upload) => this.#recordOf(upload)));
    } catch (error) {
      if (!(error instanceof StreamsError) || error.disposition !== 'dead-letter') throw error;
      return this.#leave(message, error.message);
    }
  }

  async #recordOf(upload: NotifiedUpload): Promise<ProducedRecord> {
    const { topic, allowedBuckets, head, encode } = this.#deps;
    const problem = bucketProblem(upload.bucket, allowedBuckets);
    if (problem) throw new StreamsError(problem.code, 'dead-letter', problem.reason);
    const record = uploadRecord(upload, await head(upload, { signal: this.#giveUp.signal }));
    return {
      topic,
      key: Buffer.from(record.imageId),
      value: encode(record),
      headers: [],
      timestamp: Date.now(), // not the upload's: a message may have waited for longer than the topic keeps records
    };
  }

  async #leave(message: QueueMessage, reason: string): Promise<undefined> {
    const { logger, queue } = this.#deps;
    this.#counts.unreadable++;
    logger.warn(
      { code: 'NOTIFICATION_UNREADABLE', reason, messageId: message.id, deliveries: message.deliveries },
      'a message of the queue of uploads cannot be read and is left to its dead-letter queue',
    );
    this.#inHand.delete(message); // or it would be renewed
    await queue.hold([message], UNREADABLE_SECONDS, { signal: this.#giveUp.signal });
  }

  async #holdAll(messages: readonly QueueMessage[], seconds: number, signal: AbortSignal): Promise<void> {
    for (let from = 0; from < messages.length; from += BATCH) {
      const batch = messages.slice(from, from + BATCH);
      await this.#deps.queue.hold(batch, seconds, { signal }).catch(() => {}); // then they come again in their time
    }
  }
}
