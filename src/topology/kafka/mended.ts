/**
 * What has to be mended in KafkaJS 2.2.4, all of it, on our own instances only. Without any of this everything stays
 * right and becomes slower; another version of KafkaJS gets none of it.
 */
import { createRequire } from 'node:module';
import type { Kafka, Message } from 'kafkajs';

const MENDED_VERSION = '2.2.4';
const COORDINATOR_TTL_MS = 5_000;

const { version }: { version: string } = createRequire(import.meta.url)('kafkajs/package.json');

/** Whether the installed KafkaJS is the one whose insides are known here. */
export const isMended = version === MENDED_VERSION;

type GroupStep = (grouped: Record<string, Message[]>, message: Message) => Record<string, Message[]>;

/**
 * Messages of one send. KafkaJS groups them by partition with `messages.reduce(…)`, copying a partition's list for every
 * message: quadratic. This array answers that very call in linear time, by asking for the group of each message alone.
 */
class LinearMessages extends Array<Message> {
  static override get [Symbol.species]() {
    return Array;
  }

  override reduce(step: unknown, initial?: unknown): never {
    if (typeof step !== 'function' || initial === undefined)
      return Reflect.apply(Array.prototype.reduce, this, [step, initial]) as never;
    const groupOne = step as GroupStep;
    const grouped: Record<string, Message[]> = {};
    for (const message of this) {
      for (const [partition, one] of Object.entries(groupOne({}, message))) {
        const group = grouped[partition];
        if (group) group.push(...one);
        else grouped[partition] = one;
      }
    }
    return grouped as never;
  }
}

/** The list to hand to a send. */
export function messageList(): Message[] {
  return isMended ? new LinearMessages() : [];
}

interface Coordinator {
  isConnected(): boolean;
}
interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType?: number;
}
interface Cluster {
  findGroupCoordinator(query: CoordinatorQuery): Promise<Coordinator>;
}

/**
 * KafkaJS asks FindCoordinator before every AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit and EndTxn. The clusters
 * that `kafka` makes from now on remember the answer for 5 s, as long as that broker is connected. The consumer's own
 * look-ups (those without a type) stay as they are.
 */
export function rememberCoordinators(kafka: Kafka): void {
  if (!isMended) return;
  const create = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  const original: unknown = create && Reflect.get(kafka, create);
  if (!create || typeof original !== 'function') return;
  Reflect.set(kafka, create, (options: unknown) => {
    const cluster = original.call(kafka, options) as Cluster;
    const ask = cluster.findGroupCoordinator.bind(cluster);
    const known = new Map<string, { readonly broker: Coordinator; readonly atMs: number }>();
    cluster.findGroupCoordinator = async (query) => {
      if (query.coordinatorType === undefined) return ask(query);
      const key = `${query.coordinatorType}/${query.groupId}`;
      const hit = known.get(key);
      if (hit && Date.now() - hit.atMs < COORDINATOR_TTL_MS && hit.broker.isConnected()) return hit.broker;
      const broker = await ask(query);
      known.set(key, { broker, atMs: Date.now() });
      return broker;
    };
    return cluster;
  });
}
