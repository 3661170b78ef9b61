import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { Stack } from '../../../dev/stack/stack.ts';
import { withWarehouse } from '../../../src/warehouse/connection.ts';
import { migrate } from '../../../src/warehouse/migrate.ts';
import { duration, durations } from '../../support/durations.ts';
import { createUploadsBucket, type UploadsBucket } from '../../support/uploads-bucket.ts';
import { imageMaker } from './images.ts';
import { Instance } from './instance.ts';
import { createRunTopics, type RunTopics, topicVariables } from './topics.ts';

export const ROLES = ['intake', 'develop', 'warehouse', 'counters', 'counts', 'load'] as const;
export type RoleName = (typeof ROLES)[number];

/** What test/recount prints. */
export interface Recounted {
  readonly put: number;
  readonly streamed: number;
  readonly repeats: number;
  readonly events: number;
  readonly images: number;
  readonly processed: number;
  readonly redis: number;
  readonly warehouse: number;
  readonly counts: number;
  readonly differences: readonly string[];
}

const RECOUNT = fileURLToPath(new URL('../../recount/recount.ts', import.meta.url));
const CUSTOMERS = ['acme', 'globex', 'initech'];
const MAX_RECEIVE_COUNT = 20;
const PARTITIONS = 4;
/** Short windows that wait for the longest way of an event whose instance is killed. */
const COUNTS = {
  COUNTS_WINDOW: duration(durations.countsWindow),
  COUNTS_GRACE: duration(durations.countsGrace),
  COUNTS_IDLE_TIMEOUT: duration(durations.countsIdle),
};

/** How an image is sent, and as what. */
export interface Sending {
  readonly customer: string;
  /** The producer's own identity of the image. */
  readonly imageId: string;
  readonly body: Buffer;
}

/** The whole chain on topics, a bucket, a queue and keys of its own, a process for each role. */
export class Chain {
  readonly stack: Stack;
  readonly run: string;
  readonly uploads: UploadsBucket;
  readonly roles: ReadonlyMap<RoleName, Instance>;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #producer: Producer;
  readonly #uploadsTopic: string;
  readonly #streamTopic: string;
  readonly #state: string;
  #sent = 0;

  private constructor(parts: {
    stack: Stack;
    run: string;
    uploads: UploadsBucket;
    environment: Record<string, string>;
    producer: Producer;
    topics: RunTopics;
    state: string;
  }) {
    this.stack = parts.stack;
    this.run = parts.run;
    this.uploads = parts.uploads;
    this.#environment = parts.environment;
    this.#producer = parts.producer;
    this.#uploadsTopic = parts.topics.uploads;
    this.#streamTopic = parts.topics.stream;
    this.#state = parts.state;
    this.roles = new Map(
      ROLES.map((role) => [role, new Instance(role, { ...parts.environment, ROLES: role })]),
    );
  }

  /** Everything is there, and every role is ready. */
  static async start(
    stack: Stack,
    name: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Chain> {
    const run = `${name}-${Date.now().toString(36)}`;
    const kafka = new Kafka({
      clientId: run,
      brokers: [stack.addresses.kafka],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1000, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    const topics = await createRunTopics(kafka, run);
    const uploads = await createUploadsBucket(stack, run, MAX_RECEIVE_COUNT);
    await withWarehouse(stack.addresses.warehouse, (warehouse) => migrate(warehouse, Date.now()));
    const state = await mkdtemp(join(tmpdir(), 'darkroom-chain-'));
    const environment = {
      ...stack.environment(),
      ...topicVariables(topics),
      APPLICATION_ID: run,
      S3_BUCKET: uploads.bucket,
      UPLOADS_QUEUE_URL: uploads.queueUrl,
      REDIS_PREFIX: run,
      SESSION_TIMEOUT: duration(durations.session),
      TRANSACTION_TIMEOUT: duration(durations.transaction),
      FIREHOSE_LINGER: duration(durations.firehoseLinger),
      LOAD_INTERVAL: duration(durations.load),
      STATE_DIR: state,
      ...COUNTS,
      HTTP_PORT: '0',
      WORKERS: '1',
      ...settings,
    };
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const chain = new Chain({ stack, run, uploads, environment, producer, topics, state });
    try {
      await Promise.all([...chain.roles.values()].map((role) => role.start()));
    } catch (error) {
      await chain.stop();
      throw error;
    }
    return chain;
  }

  get sent(): number {
    return this.#sent;
  }

  role(name: RoleName): Instance {
    const role = this.roles.get(name);
    if (!role) throw new Error(`there is no role ${name}`);
    return role;
  }

  /** Sends images, every other one as an upload, until the signal fires; resolves with how many. */
  async send(everyMs: number, signal: AbortSignal): Promise<void> {
    const make = await imageMaker();
    while (!signal.aborted) {
      await this.sendOne(make(this.#sent, this.run));
      await delay(everyMs);
    }
  }

  async sendOne(body: Buffer): Promise<void> {
    const index = this.#sent;
    const customer = CUSTOMERS[index % CUSTOMERS.length] ?? '';
    const sending = { customer, imageId: `${this.run}-${index}`, body };
    if (index % 2 === 0) await this.stream(sending, index % PARTITIONS);
    else await this.upload(sending, sending.imageId);
    this.#sent++;
  }

  async stream({ customer, imageId, body }: Sending, partition: number): Promise<void> {
    const headers = { 'customer-id': customer, 'image-id': imageId, 'content-type': 'image/jpeg' };
    const messages = [{ partition: partition % PARTITIONS, value: body, headers }];
    await this.#producer.send({ topic: this.#streamTopic, messages });
  }

  /** An upload under the image's own id names it by that, another by its object's metadata. */
  async upload({ customer, imageId, body }: Sending, uploadId: string): Promise<void> {
    const Metadata: Record<string, string> = uploadId === imageId ? {} : { 'image-id': imageId };
    const Key = `incoming/${customer}/${uploadId}/image.jpg`;
    const object = { Bucket: this.uploads.bucket, Key, Body: body, Metadata };
    await this.uploads.s3.send(new PutObjectCommand(object));
  }

  /** Records of what develop reads, its own topic included, that it has not committed; 0 or an end of a transaction each. */
  async undeveloped(): Promise<number> {
    const groupId = `${this.run}-develop`;
    const admin = new Kafka({ brokers: [this.stack.addresses.kafka], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const topics = [this.#uploadsTopic, this.#streamTopic, `${groupId}-outcomes-repartition`];
      const committed = await admin.fetchOffsets({ groupId, topics });
      const behind = committed.map(async ({ topic, partitions }) => {
        const ends = await admin.fetchTopicOffsets(topic);
        const mayEndInMarker = topic.endsWith('-repartition') ? 1 : 0;
        return ends.map(({ partition, high }) => {
          const own = partitions.find((one) => one.partition === partition)?.offset ?? '0';
          return Math.max(0, Number(high) - Math.max(0, Number(own)) - mayEndInMarker);
        });
      });
      return (await Promise.all(behind)).flat().reduce((sum, records) => sum + records, 0);
    } finally {
      await admin.disconnect();
    }
  }

  /**
   * Counts all places again, until they agree or the time is over.
   * @param closed waits for the windows of image-counts, too
   */
  recount(waitSeconds: number, { closed }: { readonly closed: boolean }): Promise<Recounted> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...this.#environment };
    return new Promise((resolve, reject) => {
      const args = [RECOUNT, '--json', '--wait', String(waitSeconds), ...(closed ? ['--closed'] : [])];
      execFile(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (stdout.startsWith('{'))
          resolve(JSON.parse(stdout)); // also when the places differ
        else reject(new Error(`the recount has failed: ${stderr || error?.message}`));
      });
    });
  }

  /** Roles that ended without our doing, with their last words. */
  get surprises(): readonly string[] {
    return [...this.roles.values()].flatMap((role) => role.surprises);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.roles.values()].map((role) => role.kill()));
    await this.#producer.disconnect();
    this.uploads.close();
    await rm(this.#state, { recursive: true, force: true });
  }
}
