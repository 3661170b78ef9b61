import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, Kafka, Producer, RetryOptions, Transaction } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ProducedRecord } from '../record.ts';
import type { Committer } from '../task/commit-loop.ts';
import type { StagedBatch } from '../task/stage.ts';
import { batchBytes, type WriteLimits } from '../task/write-limits.ts';
import type { CommitPlan, OffsetCommit } from './commit-plan.ts';
import { CommitError, errorType } from './errors.ts';
import { createProducer, type Router } from './partitioner.ts';
import { sendAll } from './send.ts';

/** The broker answers CONCURRENT_TRANSACTIONS after almost every commit, for a few ms: ask again soon. */
const PRODUCER_RETRY: RetryOptions = {
  initialRetryTime: 5,
  maxRetryTime: 500,
  factor: 0.2,
  multiplier: 1.7,
  retries: 20,
};
const CONCURRENT_RETRIES = 200;
const CONCURRENT_WAIT_MS = 5;

/** A committer with the connections that it owns. */
export interface TaskCommitter extends Committer {
  /** Connects; with exactly-once, ends what a former owner has left open. Only then may offsets be read. */
  open(): Promise<void>;
  /** Drops the connections without waiting for what is under way; a commit that is not answered yet has an unknown outcome. */
  close(): Promise<void>;
}

interface CommitterOptions {
  readonly kafka: Kafka;
  readonly taskId: string;
  readonly groupId: string;
  readonly plan: CommitPlan;
  readonly limits: WriteLimits;
  /** Asks the brokers again what topics take: they have refused a record that seemed to fit. */
  readonly relearn: (topics: readonly string[]) => Promise<void>;
}

/** Rows of changelogs and letters meet their topics here first; no handler can leave out a row. */
function requireFitting(records: readonly ProducedRecord[], limits: WriteLimits): void {
  for (const record of records) {
    const problem = limits.problem(record);
    if (problem) throw problem;
  }
}

const REFUSED = new Map([
  ['MESSAGE_TOO_LARGE', 'max.message.bytes'],
  ['RECORD_LIST_TOO_LARGE', 'max.message.bytes and segment.bytes'],
  ['INVALID_TIMESTAMP', 'message.timestamp.before.max.ms and message.timestamp.after.max.ms'],
]);

/**
 * Where a record was refused that did not fit after all, the task is run again and meets it in its turn, before it is sent. What
 * is known to fail again stays as it is: a CommitError would let it be tried for ever, and nobody be asked.
 */
async function commitError(
  error: unknown,
  records: readonly ProducedRecord[],
  { taskId, limits, relearn }: CommitterOptions,
): Promise<Error> {
  if (error instanceof StreamsError && error.disposition === 'fail') return error;
  const type = errorType(error);
  const settings = REFUSED.get(type);
  if (settings === undefined) return new CommitError(taskId, error);
  const topics = [...new Set(records.map(({ topic }) => topic))];
  await relearn(topics);
  if (records.some((record) => limits.problem(record))) return new CommitError(taskId, error, true);
  return new StreamsError(
    'RECORD_REFUSED',
    'fail',
    `the broker refuses a record that task ${taskId} writes (${type}), to one of ${topics.join(', ')}; the largest has ` +
      `${Math.max(...records.map(batchBytes))} bytes. What to do: check ${settings} of these topics`,
    { cause: error },
  );
}

/**
 * Outputs, changelogs and offsets in one transaction. One producer per task with a stable transactional id: KafkaJS passes no group
 * generation with offsets, so the id is the only fence against a former owner.
 */
export class ExactlyOnceCommitter implements TaskCommitter {
  readonly #options: CommitterOptions;
  readonly #router: Router;
  readonly #producer: Producer;
  #closed = false;

  constructor(
    options: CommitterOptions & { readonly transactionalId: string; readonly transactionTimeoutMs: number },
  ) {
    this.#options = options;
    const { producer, router } = createProducer(options.kafka, {
      transactionalId: options.transactionalId,
      transactionTimeout: options.transactionTimeoutMs,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: PRODUCER_RETRY,
    });
    this.#producer = producer;
    this.#router = router;
  }

  async open(): Promise<void> {
    await this.#producer.connect();
    this.#check();
    // InitProducerId: the broker ends the former owner's transaction first. Aborting an empty one sends nothing.
    await (await this.#producer.transaction()).abort();
    this.#check();
  }

  async commit(batch: StagedBatch): Promise<ReadonlyMap<string, number>> {
    const { plan, limits } = this.#options;
    const records = plan.records(batch);
    requireFitting(records, limits);
    const offsets = plan.offsets(batch); // may throw: before anything is sent
    try {
      const transaction = await this.#producer.transaction();
      this.#check();
      const answers = await sendAll(
        transaction,
        this.#router,
        records,
        () => this.#check(),
        limits.leastBatchBytes,
      );
      await this.#sendOffsets(transaction, offsets);
      this.#check();
      await transaction.commit();
      return plan.changelogPositions(answers);
    } catch (error) {
      throw await commitError(error, records, this.#options);
    }
  }

  /** As the first call of a transaction it meets CONCURRENT_TRANSACTIONS, and KafkaJS does not retry it. */
  async #sendOffsets(transaction: Transaction, offsets: readonly OffsetCommit[]): Promise<void> {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topic,
      partitions,
    }));
    const consumerGroupId = this.#options.groupId;
    for (let attempt = 0; ; attempt++) {
      try {
        return await transaction.sendOffsets({ consumerGroupId, topics });
      } catch (error) {
        if (errorType(error) !== 'CONCURRENT_TRANSACTIONS' || attempt >= CONCURRENT_RETRIES) throw error;
        this.#check();
        await delay(CONCURRENT_WAIT_MS);
      }
    }
  }

  #check(): void {
    if (this.#closed) throw new Error('the task was dropped');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#producer.disconnect().catch(() => {});
  }
}

/** Outputs and changelogs first, then offsets: after a crash in between, the outputs come again. */
export class AtLeastOnceCommitter implements TaskCommitter {
  readonly #options: CommitterOptions & { readonly consumer: Consumer };
  readonly #router: Router;
  readonly #producer: Producer;
  #closed = false;

  constructor(options: CommitterOptions & { readonly consumer: Consumer }) {
    this.#options = options;
    const { producer, router } = createProducer(options.kafka, {
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: PRODUCER_RETRY,
    });
    this.#producer = producer;
    this.#router = router;
  }

  async open(): Promise<void> {
    await this.#producer.connect();
  }

  async commit(batch: StagedBatch): Promise<ReadonlyMap<string, number>> {
    const { consumer, plan, limits } = this.#options;
    const records = plan.records(batch);
    requireFitting(records, limits);
    const offsets = plan.offsets(batch); // may throw: before anything is sent
    const check = () => {
      if (this.#closed) throw new Error('the task was dropped');
    };
    try {
      // a change of state that is kept without its output would let the redo leave that output out
      const outputs = records.slice(0, batch.outputs.length);
      const changes = records.slice(batch.outputs.length);
      await sendAll(this.#producer, this.#router, outputs, check, limits.leastBatchBytes);
      const answers = await sendAll(this.#producer, this.#router, changes, check, limits.leastBatchBytes);
      await consumer.commitOffsets([...offsets]);
      return plan.changelogPositions(answers);
    } catch (error) {
      throw await commitError(error, records, this.#options);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#producer.disconnect().catch(() => {});
  }
}
