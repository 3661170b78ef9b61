import kafkajs, {
  type ICustomPartitioner,
  type Message,
  type PartitionerArgs,
  type PartitionMetadata,
} from 'kafkajs';
import type { RoutedMessage } from './convert.ts';

/** Chooses partitions for one producer: a sink's own choice where it has one, else what Java would choose (murmur2 of the key). */
export class Router {
  readonly #byKey = kafkajs.Partitioners.DefaultPartitioner();
  readonly #partitions = new Map<string, PartitionMetadata[]>();

  /** For the producer's options. KafkaJS asks it for the first message of a send, with the partitions of the topic as they are now. */
  readonly createPartitioner: ICustomPartitioner = () => (args) => {
    this.#partitions.set(args.topic, args.partitionMetadata);
    return this.#choose(args);
  };

  /** The partition of a further message of the same send. */
  partitionOf(topic: string, message: Message): number {
    return this.#choose({ topic, partitionMetadata: this.#partitions.get(topic) ?? [], message });
  }

  #choose(args: PartitionerArgs): number {
    const { choosePartition }: RoutedMessage = args.message;
    return choosePartition ? choosePartition(args.partitionMetadata.length) : this.#byKey(args);
  }
}

const byKey = kafkajs.Partitioners.DefaultPartitioner();

/** The partition that a key's record goes to, as Java would choose it. */
export function partitionOfKey(key: Buffer | null, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return byKey({ topic: '', partitionMetadata, message: { key, value: null } });
}
