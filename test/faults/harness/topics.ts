import type { Kafka } from 'kafkajs';

/** A run has topics of its own, so that many runs share a broker. */
export interface RunTopics {
  readonly uploads: string;
  readonly stream: string;
  readonly stats: string;
  readonly deadLetters: string;
  readonly policies: string;
  readonly counts: string;
}

const PARTITIONS = 4;

export async function createRunTopics(kafka: Kafka, run: string): Promise<RunTopics> {
  const topics: RunTopics = {
    uploads: `${run}-uploads`,
    stream: `${run}-stream`,
    stats: `${run}-stats`,
    deadLetters: `${run}-dead-letter`,
    policies: `${run}-policies`,
    counts: `${run}-counts`,
  };
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: Object.values(topics).map((topic) => ({
        topic,
        numPartitions: PARTITIONS,
        replicationFactor: 1,
        configEntries: topic === topics.policies ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
      })),
    });
  } finally {
    await admin.disconnect();
  }
  return topics;
}

/** Names the run's topics to the service. */
export const topicVariables = ({
  uploads,
  stream,
  stats,
  deadLetters,
  policies,
  counts,
}: RunTopics): Record<string, string> => ({
  TOPIC_UPLOADS: uploads,
  TOPIC_STREAM: stream,
  TOPIC_STATS: stats,
  TOPIC_DEAD_LETTER: deadLetters,
  TOPIC_POLICIES: policies,
  TOPIC_COUNTS: counts,
});

/** A record on every partition, which a read-committed reader meets only when nothing before it is open. */
export const marksOf = (mark: string) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    value: null,
    headers: { mark: `${mark}-${partition}` },
  }));
