import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs';
import type { TopicLimits, WriteLimits } from '../task/write-limits.ts';
import { errorType } from './errors.ts';
import type { Logger } from './settings.ts';

const NAMES = [
  'max.message.bytes',
  'message.timestamp.type',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
];

/**
 * Learns what topics take. Where the brokers do not tell (DescribeConfigs is not granted, say) nothing is known, and a record that they
 * refuse fails its commit.
 */
export async function learnLimits(
  admin: Admin,
  topics: readonly string[],
  limits: WriteLimits,
  logger: Logger,
): Promise<void> {
  if (topics.length === 0) return;
  try {
    for (const [topic, found] of await describe(admin, topics)) limits.set(topic, found);
  } catch (error) {
    const [first = '', ...others] = topics;
    if (others.length === 0) {
      logger.info({ topic: first, reason: errorType(error) }, 'what the topic takes is not known');
      return;
    }
    for (const topic of topics) await learnLimits(admin, [topic], limits, logger); // the answer for one fails all
  }
}

async function describe(admin: Admin, topics: readonly string[]): Promise<Map<string, TopicLimits>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: NAMES,
    })),
  });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, limitsOf(configEntries)]));
}

function limitsOf(entries: readonly ConfigEntries[]): TopicLimits {
  const config = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  const number = (name: string) => Number(config.get(name) ?? Number.POSITIVE_INFINITY);
  const stamped = config.get('message.timestamp.type') === 'LogAppendTime';
  const unbounded = (ms: number) =>
    stamped || ms >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : ms;
  return {
    maxBatchBytes: number('max.message.bytes'),
    maxAheadMs: unbounded(number('message.timestamp.after.max.ms')),
    maxBehindMs: unbounded(number('message.timestamp.before.max.ms')),
  };
}
