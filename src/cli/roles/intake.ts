import { setTimeout as delay } from 'node:timers/promises';
import { Intake } from '../../intake/intake.ts';
import { Publisher } from '../../intake/publisher.ts';
import { createUploadQueue } from '../../intake/upload-queue.ts';
import type { Probe } from '../../observability/metrics.ts';
import { createS3Store } from '../../sinks/s3.ts';
import { connectProducer } from '../../topology/kafka/clients.ts';
import { requireTopicNames } from '../../topology/kafka/topics.ts';
import { withAdmin } from '../kafka-admin.ts';
import { kafkaSettings } from '../kafka-settings.ts';
import { s3Place } from '../s3-place.ts';
import { Dependencies } from './dependencies.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { dependencyProbes } from './streams-role.ts';

/** Beside one receive a poller: removals, renewals and looks at objects. */
const SPARE_CONNECTIONS = 8;

/** Uploads, from S3's notifications in a queue to Kafka. It needs no group: the queue shares messages out. */
export function intakeRole(
  { config, logger }: RoleContext,
  settings: NonNullable<RoleContext['config']['intake']>,
): Role {
  const { s3: place, topics } = config;
  const kafka = kafkaSettings(config.kafka);
  const { queueUrl: url, endpoint, pollers } = settings;
  const { region, credentials } = place;
  const concurrency = pollers + SPARE_CONNECTIONS;
  const registry = registryOf(config);
  const s3 = createS3Store({ ...s3Place(place), bucket: place.bucket, concurrency: pollers * 10 });
  const queue = createUploadQueue({ url, endpoint, region, credentials, concurrency });
  const publisher = new Publisher(() => connectProducer(kafka, logger));
  const intake = new Intake({
    queue,
    publisher,
    head: (reference, options) => s3.head(reference, options),
    encode: (upload) => registry.codec.encodeUpload(upload),
    topic: topics.uploads,
    allowedBuckets: new Set(place.referenceBuckets),
    pollers,
    logger,
  });
  const dependencies = new Dependencies([
    registry.dependency,
    {
      name: 'S3',
      reach: (signal) => s3.check(place.referenceBuckets, { signal }),
      trouble: () => s3.trouble(),
    },
    {
      name: 'Kafka',
      reach: () =>
        withAdmin(kafka, logger, async (admin) =>
          requireTopicNames([topics.uploads], await admin.topics([topics.uploads])),
        ),
      trouble: () => publisher.trouble(),
    },
    {
      name: 'SQS',
      reach: async (signal) => {
        const { maxDeliveries } = await queue.check({ signal });
        if (maxDeliveries !== undefined) return;
        logger.warn(
          { queue: url },
          'the queue of uploads has no dead-letter queue: messages that cannot be read come again until they expire. ' +
            'What to do: give it a redrive policy',
        );
      },
      trouble: () => queue.trouble(),
    },
  ]);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // whoever runs the role sees it
  let started = false;
  return {
    name: 'intake',
    failed: failure.promise,
    start: async (signal) => {
      await dependencies.reachAll(signal);
      started = true;
      intake.run().catch(failure.reject);
    },
    close: async (timeoutMs) => {
      await Promise.race([intake.close(timeoutMs), delay(timeoutMs, undefined, { ref: false })]);
      queue.close();
      await s3.close();
    },
    health: () => {
      const causes = dependencies.causes();
      const all = started || causes.length > 0 ? causes : ['is starting'];
      return { ready: all.length === 0, causes: all };
    },
    probes: () => [...intakeProbes(intake), ...dependencyProbes(dependencies)],
  };
}

const intakeProbes = (intake: Intake): readonly Probe[] => [
  {
    name: 'darkroom_intake_uploads_total',
    help: 'Uploads that were put on Kafka',
    kind: 'counter',
    read: () => [{ value: intake.counts.uploads }],
  },
  {
    name: 'darkroom_intake_messages_unreadable_total',
    help: 'Deliveries of messages that could not be read and were left to the dead-letter queue',
    kind: 'counter',
    read: () => [{ value: intake.counts.unreadable }],
  },
  {
    name: 'darkroom_intake_messages_in_hand',
    help: 'Messages that were received and are not yet on Kafka and removed',
    kind: 'gauge',
    read: () => [{ value: intake.counts.inHand }],
  },
];
