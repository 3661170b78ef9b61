import { setTimeout as delay } from 'node:timers/promises';
import { developTopology } from '../app/develop.ts';
import type { StartConfig } from '../config/compile.ts';
import { startHealthServer } from '../observability/http-server.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { Metrics } from '../observability/metrics.ts';
import { createDarkroom } from '../processors/index.ts';
import type { Darkroom } from '../processors/types.ts';
import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import { createRegistryCodec } from '../serdes/registry-codec.ts';
import { createS3Store } from '../sinks/s3.ts';
import { KafkaStreams } from '../topology/kafka/streams.ts';
import { requireTopics } from '../topology/kafka/topics.ts';
import { withAdmin } from './kafka-admin.ts';
import { developTopics } from './offline.ts';
import { pipelineOf } from './pipeline-of.ts';
import { s3Place } from './s3-place.ts';
import { ServiceHealth } from './service-health.ts';
import { streamsProbes } from './streams-probes.ts';
import { untilReached } from './until-reached.ts';

const REGISTRY_TIMEOUT_MS = 10_000;
const TROUBLE_POLL_MS = 1_000;
const S3_CONNECTIONS = 64;
/** A photograph or two from each partition at a time. */
const IMAGE_FETCH_BYTES = 2 * 1024 * 1024;

/** Runs until `stop` fires, and ends in order then; throws what keeps it from starting or from going on. */
export async function runService(config: StartConfig, stop: AbortSignal): Promise<void> {
  const { processing } = config;
  const pipeline = pipelineOf(processing.plugin);
  const logger = createLogger({ level: config.logLevel });
  const darkroom = createDarkroom({
    workers: processing.workers,
    deadlineMs: processing.deadlineMs,
    workerMemoryBytes: processing.workerMemoryBytes,
    limits: processing.limits,
    pipeline,
  });
  try {
    await runWith(darkroom, config, logger, stop);
  } catch (error) {
    logger.error(errorFields(error, logger.isLevelEnabled('debug')), 'stopped by an error');
    throw error;
  } finally {
    await darkroom.close();
  }
}

async function runWith(
  darkroom: Darkroom,
  config: StartConfig,
  logger: Logger,
  stop: AbortSignal,
): Promise<void> {
  const { topics, processing, engine, kafka } = config;
  const health = new ServiceHealth(['schema registry', 'S3', 'Kafka']);
  const codec = createRegistryCodec({
    ...config.registry,
    requestTimeoutMs: REGISTRY_TIMEOUT_MS,
    topics: { imageUploads: topics.uploads, imageStats: topics.stats },
  });
  const s3 = createS3Store({ ...s3Place(config.s3), bucket: config.s3.bucket, concurrency: S3_CONNECTIONS });
  health.watch('S3', () => s3.trouble());
  health.watch('schema registry', () => codec.trouble());

  const topology = developTopology({
    topics: developTopics(topics),
    codec,
    fetcher: s3,
    darkroom,
    workers: processing.workers,
    archive: s3,
    archiveBucket: config.s3.bucket,
    allowedBuckets: new Set(config.s3.referenceBuckets),
    maxImageBytes: processing.limits.maxBytes,
    nowMs: Date.now,
    onOutcome: (event) => {
      metrics.observeImage({ ...event, code: event.code ?? '' });
      logImage(logger, event);
    },
  });
  for (const warning of topology.warnings) logger.warn({}, warning);
  const streams = new KafkaStreams(topology, {
    ...engine,
    kafka,
    memoryBudgetBytes: processing.memoryBudgetBytes,
    maxPartitionFetchBytes: IMAGE_FETCH_BYTES,
    logger,
  });
  const metrics: Metrics = new Metrics([
    ...streamsProbes(() => streams.metrics()),
    {
      name: 'darkroom_workers',
      help: 'Worker processes that are alive',
      kind: 'gauge',
      read: () => [{ value: darkroom.workers() }],
    },
    {
      name: 'darkroom_dependency_unreachable_seconds',
      help: 'How long a service is not to be reached; no sample while it is',
      kind: 'gauge',
      labels: ['dependency'],
      read: () =>
        [...health.troubled()].map(([dependency, { sinceMs }]) => ({
          value: (Date.now() - sinceMs) / 1000,
          labels: { dependency },
        })),
    },
  ]);
  const server = await startHealthServer({
    ...config.http,
    health: () => health.now(),
    metrics: () => metrics.expose(),
  });
  const poll = setInterval(logTroubles(logger, health), TROUBLE_POLL_MS);
  const failure = new Promise<never>((_, reject) => {
    streams.onStateChange(({ from, to, cause }) => {
      logger.info({ from, to, ...(cause ? { reason: cause.message } : {}) }, 'state');
      if (to === 'ERROR') reject(cause ?? new Error('the engine ended in ERROR'));
    });
  });
  failure.catch(() => {}); // seen below; an error while it starts or ends comes to light there

  const reach = async (name: string, attempt: () => Promise<void>) => {
    await untilReached(attempt, { signal: stop, onWait: (error) => health.waits(name, error.message) });
    health.reached(name);
  };

  const start = async () => {
    logger.info(
      { http: server.url, application: engine.applicationId, guarantee: engine.guarantee },
      'starting',
    );
    await Promise.all([
      reach('schema registry', () => codec.start()),
      reach('S3', () => s3.check([config.s3.bucket, ...config.s3.referenceBuckets], { signal: stop })),
      reach('Kafka', () =>
        withAdmin(kafka, logger, async (admin) => requireTopics(topology, await admin.topics())),
      ),
    ]);
    health.engine(() => streams.health());
    await reach('Kafka', () => streams.start());
    logger.info(
      { http: server.url, application: engine.applicationId, guarantee: engine.guarantee },
      'ready',
    );
  };

  try {
    const started = start();
    started.catch(() => {}); // seen here unless the stop comes first
    await Promise.race([started, failure, stopped(stop)]);
    await Promise.race([failure, stopped(stop)]);
    logger.info({ signal: String(stop.reason), graceMs: config.shutdownGraceMs }, 'ending');
  } finally {
    clearInterval(poll);
    const { shutdownGraceMs: timeoutMs } = config;
    await Promise.race([streams.close({ timeoutMs }), delay(timeoutMs, undefined, { ref: false })]);
    await s3.close();
    await server.close();
  }
  logger.info({}, 'ended');
}

/** What is logged of an error; its stack only for those who ask for details. */
function errorFields(error: unknown, debug: boolean): object {
  if (!(error instanceof Error)) return { reason: String(error) };
  const code: unknown = Reflect.get(error, 'code');
  return { ...(code ? { code } : {}), reason: error.message, ...(debug ? { err: error } : {}) };
}

/** Resolves when the signal fires. */
const stopped = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

function logImage(logger: Logger, event: ImageProcessed): void {
  const {
    eventId: imageId,
    customerId,
    source,
    outcome,
    code,
    reason,
    type,
    bytes,
    width,
    height,
    durationMs,
  } = event;
  const fields = { imageId, customerId, source, outcome, type, bytes, width, height, durationMs };
  if (outcome === 'processed')
    logger.info({ ...fields, renditions: event.renditions.length }, 'image processed');
  else if (outcome === 'rejected') logger.info({ ...fields, code, reason }, 'image rejected');
  else logger.warn({ ...fields, code, reason }, 'image failed');
}

/** Says once when something goes away, and once when it is back. */
function logTroubles(logger: Logger, health: ServiceHealth): () => void {
  let known = new Set<string>();
  return () => {
    const now = health.troubled();
    for (const [dependency, { reason, sinceMs }] of now) {
      if (known.has(dependency)) continue;
      logger.warn(
        { dependency, reason, since: new Date(sinceMs).toISOString() },
        `${dependency} is not to be reached`,
      );
    }
    for (const dependency of known) {
      if (!now.has(dependency)) logger.info({ dependency }, `${dependency} is reached again`);
    }
    known = new Set(now.keys());
  };
}
