import kafkajs, {
  type ICustomPartitioner,
  type Kafka,
  type Message,
  type PartitionMetadata,
  type Producer,
  type ProducerConfig,
} from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { ProducedRecord } from '../record.ts';
import { type RoutedMessage, toMessage } from './convert.ts';
import { type Cluster, latestCluster } from './mended.ts';
import { murmur2 } from './murmur2.ts';

const NO_LEADER = -1;

/** A KafkaJS producer, and what knows where its records go. */
export function createProducer(
  kafka: Kafka,
  config: Omit<ProducerConfig, 'createPartitioner'>,
): { readonly producer: Producer; readonly router: Router } {
  const producer = kafka.producer({ ...config, createPartitioner: byMessage });
  return { producer, router: new Router(latestCluster(kafka)) };
}

/** Every message comes with its partition. */
const byMessage: ICustomPartitioner = () => (args) => partitionOf(args.message);

export function partitionOf({ partition }: Message): number {
  if (partition === undefined) throw new Error('a message was sent without its partition');
  return partition;
}

/** A partition that has a leader, for a record without a key. */
const inTurn = kafkajs.Partitioners.DefaultPartitioner();

/** Chooses partitions for one producer: a sink's own choice where it has one, else what Java would choose (murmur2 of the key). */
export class Router {
  readonly #cluster: Pick<Cluster, 'addMultipleTargetTopics' | 'findTopicPartitionMetadata'>;
  readonly #topics = new Set<string>();

  constructor(cluster: Pick<Cluster, 'addMultipleTargetTopics' | 'findTopicPartitionMetadata'>) {
    this.#cluster = cluster;
  }

  /**
   * The records as messages by topic, those together whose partitions have one leader: a send must not have several, for
   * KafkaJS tries again a part of it that it has sent already.
   */
  async byLeader(records: readonly ProducedRecord[]): Promise<ReadonlyMap<string, Message[]>[]> {
    const topics = new Set(records.map(({ topic }) => topic));
    const unknown = [...topics].filter((topic) => !this.#topics.has(topic));
    if (unknown.length > 0) {
      await this.#cluster.addMultipleTargetTopics(unknown);
      for (const topic of unknown) this.#topics.add(topic);
    }
    const metadata = new Map(
      [...topics].map((topic) => [topic, this.#cluster.findTopicPartitionMetadata(topic)]),
    );
    const groups = new Map<number, Map<string, Message[]>>();
    for (const record of records) {
      const partitions = metadata.get(record.topic) ?? [];
      const message: RoutedMessage = toMessage(record);
      message.partition = choose(record.topic, message, partitions);
      const leader = leaderOf(partitions, message.partition);
      const group = groups.get(leader) ?? new Map<string, Message[]>();
      groups.set(leader, group);
      const list = group.get(record.topic);
      if (list) list.push(message);
      else group.set(record.topic, [message]);
    }
    return [...groups.values()];
  }
}

function choose(topic: string, message: RoutedMessage, partitionMetadata: PartitionMetadata[]): number {
  const { partition, choosePartition, key } = message;
  if (partition !== undefined) return partition;
  const chosen = choosePartition && chosenBy(choosePartition, topic, partitionMetadata.length);
  if (chosen !== undefined) return chosen;
  return Buffer.isBuffer(key)
    ? partitionOfKey(key, partitionMetadata.length)
    : inTurn({ topic, partitionMetadata, message });
}

/** By a sink's own choice, if it makes one. What that cannot do now it cannot do later: throws PARTITIONER_FAILED (`fail`). */
function chosenBy(
  choosePartition: (partitions: number) => number | undefined,
  topic: string,
  partitions: number,
): number | undefined {
  const failed = (what: string, cause?: unknown) =>
    new StreamsError(
      'PARTITIONER_FAILED',
      'fail',
      `the partitioner of records for ${topic} ${what}; it has to answer a whole number from 0 to ${partitions - 1}`,
      { cause },
    );
  let chosen: number | undefined;
  try {
    chosen = choosePartition(partitions);
  } catch (error) {
    throw failed(`failed (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (chosen === undefined || (Number.isInteger(chosen) && chosen >= 0 && chosen < partitions)) return chosen;
  throw failed(`answered ${String(chosen)}`);
}

function leaderOf(partitions: readonly PartitionMetadata[], partition: number): number {
  const at = partitions[partition]; // the broker lists most topics in order
  const found =
    at?.partitionId === partition ? at : partitions.find(({ partitionId }) => partitionId === partition);
  return found?.leader ?? NO_LEADER;
}

/** The partition that a key's record goes to, as Java would choose it. */
export const partitionOfKey = (key: Buffer, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;
