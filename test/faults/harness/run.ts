import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { Kafka, logLevel } from 'kafkajs';
import type { Stack } from '../../../dev/stack/stack.ts';
import { createRegistryCodec } from '../../../src/serdes/registry-codec.ts';
import { mend } from '../../../src/topology/kafka/mended.ts';
import { duration, durations } from '../../support/durations.ts';
import { type Fault, inject } from './faults.ts';
import { Instance } from './instance.ts';
import { seededRandom, shuffled } from './random.ts';
import { S3Proxy } from './s3-proxy.ts';
import { sendImages } from './sender.ts';
import { StatsReader } from './stats-reader.ts';
import { createRunTopics, marksOf, topicVariables } from './topics.ts';
import { judge, type Verdict } from './verdict.ts';

const POLL_MS = 20;

export interface KillTestOptions {
  readonly images: number;
  readonly instances: number;
  /** Done in an order that the seed decides, one after another, each while images are under way. */
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly guarantee: 'exactly_once' | 'at_least_once';
  readonly say: (line: string) => void;
  /** Told the instances' variables when the topics are there; what it gives back is set beside them. */
  readonly prepare?: (
    environment: Readonly<Record<string, string>>,
  ) => Promise<Readonly<Record<string, string>>>;
}

export interface KillTestReport {
  readonly verdict: Verdict;
  /** What is wrong, in words. */
  readonly notes: readonly string[];
  /** Longest time between two events on image-stats, ms. */
  readonly longestStallMs: number;
  /** Instances that ended without our doing. */
  readonly surprises: readonly string[];
}

/** Sends images through running instances while faults are done to them, and says what became of every one. */
export async function runKillTest(stack: Stack, options: KillTestOptions): Promise<KillTestReport> {
  const { images, say } = options;
  const random = seededRandom(options.seed);
  const faults = shuffled(options.faults, random);
  const run = `kill-${options.seed}-${Date.now().toString(36)}`;
  const { kafka: broker, registry, s3: address } = stack.addresses;
  const kafka = new Kafka({
    clientId: 'kill-test',
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 1000, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  mend(kafka); // or it would show aborted records as events that came twice
  const s3 = new S3Client({ ...address, credentials: address, forcePathStyle: true });
  const topics = await createRunTopics(kafka, run);
  const codec = createRegistryCodec({
    url: registry,
    requestTimeoutMs: 5_000,
    topics: { imageUploads: topics.uploads, imageStats: topics.stats },
  });
  await codec.start();

  const proxy = faults.includes('s3-503') ? await S3Proxy.start(address.endpoint, random) : undefined;
  const state = await mkdtemp(join(tmpdir(), 'darkroom-kill-'));
  const common = {
    ...stack.environment(),
    ...topicVariables(topics),
    ...(proxy && { S3_ENDPOINT: proxy.endpoint }),
    APPLICATION_ID: run,
    ROLES: 'develop',
    GUARANTEE: options.guarantee,
    SESSION_TIMEOUT: duration(durations.session),
    TRANSACTION_TIMEOUT: duration(durations.transaction),
    HTTP_PORT: '0',
    WORKERS: '1',
    MEMORY_BUDGET: '64MiB',
    STATE_DIR: state, // of all instances: one takes over what another left
  };
  const env = { ...common, ...(await options.prepare?.(common)) };
  const instances = Array.from(
    { length: options.instances },
    (_, i) => new Instance(`instance ${i + 1}`, env),
  );
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const reader = new StatsReader(kafka, topics.stats, codec);
  const ended = new AbortController();
  try {
    await Promise.all([producer.connect(), reader.start(), ...instances.map((instance) => instance.start())]);
    say(
      `${options.instances} instances are ready; ${images} images, ${faults.length} faults, seed ${options.seed}`,
    );

    // Images are held back for the faults to come, so that each fault finds some under way.
    const share = images / (faults.length + 1);
    let done = 0;
    const allowance = () => Math.ceil(Math.min(images, share * (done + 2), reader.seen + share));
    const deps = { run, images, topics, bucket: address.bucket, codec, producer, s3, allowance };
    const sending = sendImages({ ...deps, signal: ended.signal });
    sending.catch(() => {}); // seen below, unless something else ends the run first

    const untilSeen = (count: number) => progressUntil(() => reader.seen >= count, reader, sending);
    const runFaults = async () => {
      for (const fault of faults) {
        await untilSeen(Math.max(Math.floor(share * (done + 0.5)), done + 1));
        say(`${reader.seen} of ${images} images have their event`);
        await inject(fault, { instances, broker: stack.component('kafka'), proxy, random, say });
        done++;
      }
      await untilSeen(images);
      await sending;
      // No late repeat may come: the instances have ended, and the reader is past whatever they left.
      await Promise.all(instances.map((instance) => instance.terminate()));
      await producer.send({ topic: topics.stats, acks: -1, messages: marksOf(run) });
      const marks = marksOf(run).map(({ headers }) => headers.mark);
      await progressUntil(() => marks.every((mark) => reader.hasMark(mark)), reader, sending);
    };
    const stuck = await runFaults().then(
      () => [],
      (error: unknown) => [
        error instanceof Error ? error.message : String(error),
        ...instances.map((instance) => `${instance.name} said last:\n${instance.words()}`),
      ],
    );
    ended.abort();
    const { verdict, notes } = await judge(await sending, reader.events, { s3, bucket: address.bucket });
    const surprises = instances.flatMap((instance) => instance.surprises);
    notes.push(...stuck);
    return { verdict, notes, longestStallMs: reader.longestStallMs, surprises };
  } finally {
    ended.abort();
    await Promise.allSettled(instances.map((instance) => instance.kill()));
    await Promise.allSettled([reader.stop(), producer.disconnect(), proxy?.stop()]);
    s3.destroy();
    await rm(state, { recursive: true, force: true });
  }
}

/** Waits for `reached`; rejects when no image has got its event for too long, or when the sender has failed. */
async function progressUntil(
  reached: () => boolean,
  reader: StatsReader,
  sending: Promise<unknown>,
): Promise<void> {
  let failure: unknown;
  sending.catch((error) => {
    failure = error;
  });
  let seen = -1;
  let sinceMs = Date.now();
  while (!reached()) {
    if (failure !== undefined) throw failure;
    if (reader.seen !== seen) {
      seen = reader.seen;
      sinceMs = Date.now();
    }
    if (Date.now() - sinceMs > durations.noProgress) {
      throw new Error(`no progress for ${durations.noProgress} ms at ${seen} images`);
    }
    await delay(POLL_MS);
  }
}
