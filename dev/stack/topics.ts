// Darkroom's topics on a development broker. In production they belong to whoever runs the cluster.
import { Kafka, logLevel } from 'kafkajs';

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_PARTITIONS = 6;
/** Images travel inside records of these. */
const MAX_IMAGE_RECORD_BYTES = 17 * 1024 * 1024;

export const TOPICS = {
  'image-uploads': { 'retention.ms': 7 * DAY_MS },
  'image-stream': { 'retention.ms': 7 * DAY_MS, 'max.message.bytes': MAX_IMAGE_RECORD_BYTES },
  'image-stats': { 'retention.ms': 35 * DAY_MS },
  'image-policies': { 'cleanup.policy': 'compact' },
  'image-counts': { 'cleanup.policy': 'compact,delete', 'retention.ms': 30 * DAY_MS },
  'image-dead-letter': { 'retention.ms': 30 * DAY_MS },
};

/** Creates those of Darkroom's topics that are not there yet. */
export async function createTopics(
  brokers: string,
  { partitions = DEFAULT_PARTITIONS }: { partitions?: number } = {},
): Promise<void> {
  const kafka = new Kafka({
    clientId: 'darkroom-dev',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: Object.entries(TOPICS).map(([topic, config]) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value: String(value) })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}
