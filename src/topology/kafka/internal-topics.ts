import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import { nameProblem } from '../graph/names.ts';
import type { Topology } from '../graph/topology.ts';
import type { StoreSpec } from '../stores/bytes.ts';
import { errorType } from './errors.ts';
import type { TopicNames } from './task-ids.ts';
import { repartitionWidths } from './topic-widths.ts';
import { partitionCounts } from './topics.ts';

const { ConfigResourceTypes } = kafkajs;
const DAY_MS = 86_400_000;
const DELETE_RETENTION_MS = DAY_MS;
const CREATED_ATTEMPTS = 50;
const CREATED_WAIT_MS = 200;

/** A topic that the application makes for itself, as it has to be. */
export interface InternalTopic {
  /** Its name on the broker. */
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** Set for a changelog: whose. */
  readonly store?: StoreSpec;
  /** What the number of partitions follows from, for messages. */
  readonly because: string;
}

/** What a changelog is found to be, as far as a restore has to know. */
export interface ChangelogFacts {
  /** How long a deletion can still be read, ms; state that was away for longer may have missed one. */
  readonly deleteRetentionMs: number;
}

/** Every repartition and changelog topic of a topology, given the partitions of the topics that exist. Throws NOT_COPARTITIONED or TOPIC_NAME_INVALID. */
export function internalTopics(
  topology: Topology,
  names: TopicNames,
  counts: ReadonlyMap<string, number>,
): InternalTopic[] {
  const widths = repartitionWidths(topology, counts);
  const repartitions = [...widths].map(([name, partitions]) => ({
    topic: names.physical(name),
    partitions,
    // as Kafka Streams': nothing is removed by age, since a record may wait here for as long as it takes
    config: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    because: 'the topics that flow into it',
  }));
  const changelogs = topology.subTopologies.flatMap((sub) => {
    const sources = sub.nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []));
    const sized = sources.map((topic) => ({ topic, width: widths.get(topic) ?? counts.get(topic) ?? 0 }));
    const partitions = Math.max(0, ...sized.map(({ width }) => width));
    const because = sized.map(({ topic, width }) => `${topic} with ${width}`).join(', ');
    return sub.stores
      .filter((store) => store.logged)
      .map((store) => ({
        topic: names.changelog(store.name),
        partitions,
        config: changelogConfig(store),
        store,
        because,
      }));
  });
  requireValidNames([...repartitions, ...changelogs]);
  return [...repartitions, ...changelogs];
}

/** Each part of a name is checked where it is given; together they may still be too long for a broker. */
function requireValidNames(topics: readonly InternalTopic[]): void {
  const problems = topics.flatMap(({ topic }) => nameProblem(topic) ?? []);
  if (problems.length === 0) return;
  throw new StreamsError(
    'TOPIC_NAME_INVALID',
    'fail',
    `the broker would not make these topics of the application: ${problems.join('; ')}. Their names begin with the application id and end with the ` +
      'name of the store or repartition: choose others, or shorter ones',
  );
}

function changelogConfig(store: StoreSpec): Record<string, string> {
  if (store.kind === 'window' || store.kind === 'session') {
    const retentionMs = (store.retentionMs ?? 0) + DAY_MS;
    return {
      // By the time of the events the broker would remove rows of windows that are open, where those are older than a day (ADR 35).
      'message.timestamp.type': 'LogAppendTime',
      'cleanup.policy': 'compact,delete',
      'retention.ms': String(retentionMs),
    };
  }
  return { 'message.timestamp.type': 'CreateTime', 'cleanup.policy': 'compact' };
}

/**
 * Creates what does not exist and checks what does; alters nothing. Returns what is known of each changelog, by topic.
 * Throws PARTITIONS_CHANGED or CHANGELOG_UNFIT.
 */
export async function ensureInternalTopics(
  admin: Admin,
  wanted: readonly InternalTopic[],
  counts: ReadonlyMap<string, number>,
  replicationFactor: number,
): Promise<ReadonlyMap<string, ChangelogFacts>> {
  const missing = wanted.filter(({ topic }) => !counts.has(topic));
  const existing = wanted.filter(({ topic }) => counts.has(topic));
  for (const topic of existing) requirePartitions(topic, counts.get(topic.topic) ?? 0);
  await create(admin, missing, replicationFactor);
  const made = await whenThere(admin, missing);
  for (const topic of missing) requirePartitions(topic, made.get(topic.topic) ?? 0);
  const facts = new Map<string, ChangelogFacts>();
  const changelogs = wanted.filter(({ store }) => store);
  for (const [topic, config] of await configsOf(admin, changelogs)) {
    const known = existing.find((one) => one.topic === topic);
    if (known) requireConfig(known, config);
    facts.set(topic, {
      deleteRetentionMs: Number(config.get('delete.retention.ms') ?? DELETE_RETENTION_MS),
    });
  }
  return facts;
}

function requirePartitions({ topic, partitions, store, because }: InternalTopic, is: number): void {
  if (is === partitions) return;
  throw new StreamsError(
    'PARTITIONS_CHANGED',
    'fail',
    store
      ? `${topic} has ${is} partitions, and the state of ${store.name} now needs ${partitions} (${because}): rows would be looked for in other ` +
          `partitions than they are in. Go back to ${is} partitions (for example by a repartition with partitions: ${is}), or reset the ` +
          'application, delete the topic, and let the state be built anew'
      : `${topic} has ${is} partitions and the topology now asks for ${partitions}. Declare partitions: ${is} for it, or reset the application and delete the topic`,
  );
}

const policies = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((policy) => policy.trim())
    .toSorted()
    .join(',');

function requireConfig({ topic, config, store }: InternalTopic, is: ReadonlyMap<string, string>): void {
  const policy = config['cleanup.policy'] ?? '';
  if (policies(is.get('cleanup.policy')) !== policies(policy))
    throw unfit(topic, 'cleanup.policy', is.get('cleanup.policy'), policy);
  const retentionMs = Number(is.get('retention.ms') ?? -1);
  if (policy.includes('delete') && retentionMs >= 0 && retentionMs < (store?.retentionMs ?? 0))
    throw unfit(topic, 'retention.ms', String(retentionMs), config['retention.ms'] ?? '');
}

function unfit(topic: string, name: string, is: string | undefined, wanted: string): StreamsError {
  return new StreamsError(
    'CHANGELOG_UNFIT',
    'fail',
    `the changelog ${topic} has ${name} ${is ?? 'unset'} and needs ${wanted}: the broker would remove rows that are still in use, or keep ` +
      `them for ever. Set it (kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config '${name}=[${wanted}]'), ` +
      'or reset the application and delete the topic',
  );
}

async function create(
  admin: Admin,
  missing: readonly InternalTopic[],
  replicationFactor: number,
): Promise<void> {
  if (missing.length === 0) return;
  try {
    await admin.createTopics({
      topics: missing.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
      waitForLeaders: true,
    });
  } catch (error) {
    if (errorType(error) !== 'TOPIC_ALREADY_EXISTS') throw error; // another instance was first
  }
}

/** A topic that was created, by us or by another instance at the same time, is known to every broker a moment later. */
async function whenThere(
  admin: Admin,
  topics: readonly InternalTopic[],
): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  for (let attempt = 1; ; attempt++) {
    const counts = await partitionCounts(admin);
    const away = topics.filter(({ topic }) => !counts.has(topic));
    if (away.length === 0) return counts;
    if (attempt === CREATED_ATTEMPTS)
      throw new Error(`created, but not there: ${away.map(({ topic }) => topic).join(', ')}`);
    await delay(CREATED_WAIT_MS);
  }
}

async function configsOf(
  admin: Admin,
  topics: readonly InternalTopic[],
): Promise<Map<string, ReadonlyMap<string, string>>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ topic }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: ['cleanup.policy', 'retention.ms', 'delete.retention.ms'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }: ConfigEntries) => [configName, configValue])),
    ]),
  );
}
