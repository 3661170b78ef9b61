import { developHandlers, developTopology } from '../../app/develop.ts';
import type { Logger } from '../../observability/logger.ts';
import { checkWatermarks, createDarkroom, imagesAtOnce } from '../../processors/index.ts';
import { createRemoteSteps } from '../../remote-steps/remote-steps.ts';
import type { ImageProcessed } from '../../serdes/image-processed.generated.ts';
import { createS3Store } from '../../sinks/s3.ts';
import { createUrlFetcher } from '../../sources/url-fetcher.ts';
import { developTopics } from '../offline.ts';
import { pipelinesOf } from '../pipeline-of.ts';
import { s3Place } from '../s3-place.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { streamsRole } from './streams-role.ts';

const S3_CONNECTIONS = 64;
/** A photograph or two from each partition at a time. */
const IMAGE_FETCH_BYTES = 2 * 1024 * 1024;

/** Images in, renditions and events out. */
export function developRole(context: RoleContext): Role {
  const { config, logger } = context;
  const { processing, s3: place, webReferences } = config;
  const pipelines = pipelinesOf(processing.pipelines, processing.plugin);
  // Secrets of steps are read where they are used, by the names that their steps give: no configuration holds them.
  const remoteSteps = createRemoteSteps({ env: process.env, lambda: { region: place.region } });
  const darkroom = createDarkroom({
    remoteSteps,
    workers: processing.workers,
    deadlineMs: processing.deadlineMs,
    workerMemoryBytes: processing.workerMemoryBytes,
    workerImages: processing.workerImages,
    limits: processing.limits,
    pipelines,
  });
  const registry = registryOf(config);
  const s3 = createS3Store({ ...s3Place(place), bucket: place.bucket, concurrency: S3_CONNECTIONS });
  let repeats = 0;
  const topology = developTopology({
    topics: developTopics(config.topics),
    codec: registry.codec,
    fetcher: s3,
    darkroom,
    workers: imagesAtOnce(processing.workers, pipelines),
    archive: s3,
    archiveBucket: place.bucket,
    ...(webReferences && { urls: createUrlFetcher(webReferences) }),
    allowedBuckets: new Set(place.referenceBuckets),
    streamForm: config.streamForm,
    pipelines: new Set(pipelines.map(({ name }) => name)),
    maxImageBytes: processing.limits.maxBytes,
    nowMs: Date.now,
    onOutcome: (event) => {
      context.observeImage({ ...event, code: event.code ?? '' });
      logImage(logger, event);
    },
    onRepeat: ({ eventId: imageId, customerId, source }) => {
      repeats++;
      logger.debug({ imageId, customerId, source }, 'the image has its event already: a repeat');
    },
  });
  const role = streamsRole(
    {
      name: 'develop',
      topology,
      dependencies: [
        registry.dependency,
        {
          name: 'S3',
          reach: (signal) => s3.check([place.bucket, ...place.referenceBuckets], { signal }),
          trouble: () => s3.trouble(),
        },
      ],
      memoryBudgetBytes: processing.memoryBudgetBytes,
      maxPartitionFetchBytes: IMAGE_FETCH_BYTES,
      handlers: developHandlers,
      deadLetterTopic: config.topics.deadLetters,
      probes: [
        {
          name: 'darkroom_workers',
          help: 'Worker processes that are alive',
          kind: 'gauge',
          read: () => [{ value: darkroom.workers() }],
        },
        {
          name: 'darkroom_image_repeats_total',
          help: 'Images that came again and got no further event',
          kind: 'counter',
          read: () => [{ value: repeats }],
        },
      ],
      release: async () => {
        await s3.close();
        await darkroom.close();
        remoteSteps.close();
      },
    },
    context,
  );
  const start = async (signal: AbortSignal) => {
    await checkWatermarks(pipelines);
    await role.start(signal);
  };
  return { ...role, start };
}

function logImage(logger: Logger, event: ImageProcessed): void {
  const { eventId: imageId, customerId, source, outcome, code, reason, type, bytes, width, height } = event;
  const fields = { imageId, customerId, source, outcome, type, bytes, width, height };
  const timed = { ...fields, durationMs: event.durationMs };
  if (outcome === 'processed')
    logger.info({ ...timed, renditions: event.renditions.length }, 'image processed');
  else if (outcome === 'rejected') logger.info({ ...timed, code, reason }, 'image rejected');
  else logger.warn({ ...timed, code, reason }, 'image failed');
}
