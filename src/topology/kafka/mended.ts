/**
 * What has to be mended in KafkaJS 2.2.4, all of it, and on our own instances only.
 *
 * 1. Aborted records are taken for committed ones where transactions overlap: KafkaJS expects the broker's list of
 *    aborted transactions in the order of their starts, but it comes in the order of their ends. Reading committed
 *    records hangs on this one, so another version of KafkaJS is refused.
 * 2. Messages of a send are grouped by partition in quadratic time.
 * 3. The coordinator is looked up before each of the four steps of a transaction.
 * 4. Why no broker names a coordinator is swallowed: that this user may not use the group, or the transactional id.
 * 5. A send to several brokers of which one fails is tried again while the others are under way, which writes their
 *    records twice; and records whose leader becomes one that has answered already are left out without a word. Sends are
 *    made leader by leader (send.ts), and where one meets several brokers all the same, its failure is final.
 * 6. Each connection looks a thousand times a second for requests that wait, although none does: half of what an idle
 *    service takes of a core.
 * 7. Records are written and read with a buffer for each field, with 64-bit numbers as BigInt and a checksum byte by byte,
 *    which was more than half of what the engine took for a small record. Folder wire/ does both, in one pass.
 *
 * Without 2, 3, 6 and 7 everything stays right and becomes slower; without 4 an operator is told less. Without 5 nothing is
 * right on several brokers.
 */
import { createRequire } from 'node:module';
import type { Kafka, KafkaMessage, Message, PartitionMetadata } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import { decodeFetch } from './wire/fetch-response.ts';
import { encodeProduce, type ProduceRequest } from './wire/produce-request.ts';

const MENDED_VERSION = '2.2.4';
const COORDINATOR_TTL_MS = 5_000;
const METADATA_MAX_AGE_MS = 300_000;
/** A control record's key is version and type; type 0 ends a transaction that was aborted. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

const { version }: { version: string } = createRequire(import.meta.url)('kafkajs/package.json');

/** What a fetch answers with, as far as it matters here; offsets and ids are decimal text. */
export interface FetchedPartition {
  abortedTransactions: { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: {
    readonly offset: string;
    readonly key: Buffer | null;
    isControlRecord: boolean;
    readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  }[];
}

/** The rest of it, for who fetches without a consumer. */
export interface ReadPartition extends FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly messages: (FetchedPartition['messages'][number] &
    KafkaMessage & {
      readonly batchContext: { readonly firstOffset: string; readonly lastOffsetDelta: number };
    })[];
}

interface Broker {
  /** Makes the requests of one kind, in the highest version that this broker and KafkaJS know; set at each connect. */
  lookupRequest: LookupRequest;
  isConnected(): boolean;
  findGroupCoordinator(query: CoordinatorQuery): Promise<unknown>;
  produce(request: unknown): Promise<unknown>;
  addPartitionsToTxn(request: unknown): Promise<unknown>;
  fetch(request: unknown): Promise<{
    readonly responses: readonly {
      readonly topicName: string;
      readonly partitions: readonly ReadPartition[];
    }[];
  }>;
}

type LookupRequest = (apiKey: number, definition: unknown) => (options: unknown) => ProtocolRequest;

interface ProtocolRequest {
  readonly request: {
    readonly apiVersion: number;
    /** To what KafkaJS calls an encoder, of which it reads these two. */
    encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: { decode(bytes: Buffer): Promise<unknown> };
}

interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType?: number;
}

/** The requests of one connection that were not sent yet. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  /** ms since the epoch; -1: not at all. */
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

export interface Cluster {
  readonly connectionPoolBuilder: {
    build(place?: { readonly host: string; readonly port: number }): Promise<{
      readonly pool: readonly { readonly requestQueue: RequestQueue }[];
    }>;
  };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): PartitionMetadata[];
  refreshMetadata(): Promise<void>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
  /** Node ids, each with those of the partitions that it leads. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  findGroupCoordinator(query: CoordinatorQuery): Promise<Broker>;
  findGroupCoordinatorMetadata(query: CoordinatorQuery): Promise<unknown>;
  findControllerBroker(): Promise<Broker>;
  findBroker(query: { readonly nodeId: string }): Promise<Broker>;
}

/** Mends the clusters that `kafka` makes from now on: each of its consumers, producers and admins has one. */
export function mend(kafka: Kafka): void {
  const create = createClusterSymbol(kafka);
  const original: unknown = create && Reflect.get(kafka, create);
  if (version !== MENDED_VERSION || !create || typeof original !== 'function') {
    throw new StreamsError(
      'KAFKAJS_UNKNOWN',
      'fail',
      `KafkaJS ${version} is installed, ${MENDED_VERSION} is needed: its reading of committed records is mended by us. Install kafkajs@${MENDED_VERSION}`,
    );
  }
  Reflect.set(kafka, create, (options: unknown) => {
    const cluster: Cluster = original.call(kafka, options);
    eachBroker(cluster, hideAbortedRecords);
    endSplitSends(cluster);
    rememberCoordinators(cluster);
    tellWhyNoCoordinator(cluster);
    restQueues(cluster);
    eachBroker(cluster, useOwnRecords);
    latest.set(kafka, cluster);
    return cluster;
  });
}

/** The cluster that each client made last. */
const latest = new WeakMap<Kafka, Cluster>();

/** The cluster of the producer, consumer or admin that `kafka` made last. */
export function latestCluster(kafka: Kafka): Cluster {
  const cluster = latest.get(kafka);
  if (!cluster) throw new Error('this KafkaJS was not mended, or has made nothing yet');
  return cluster;
}

const createClusterSymbol = (kafka: Kafka) =>
  Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );

/**
 * Connections of one's own below KafkaJS' consumers, which read what the group assigns and nothing else: changelogs and
 * global tables are read without a group. `kafka` must be mended.
 */
export function createCluster(kafka: Kafka): Cluster {
  const create = createClusterSymbol(kafka);
  const make: unknown = create && Reflect.get(kafka, create);
  if (typeof make !== 'function') throw new Error('this KafkaJS was not mended');
  return make({ allowAutoTopicCreation: false, metadataMaxAge: METADATA_MAX_AGE_MS });
}

/** Does it once with every broker that is found from now on. */
function eachBroker(cluster: Cluster, change: (broker: Broker) => void): void {
  const find = cluster.findBroker.bind(cluster);
  const changed = new WeakSet<Broker>();
  cluster.findBroker = async (query) => {
    const broker = await find(query);
    if (!changed.has(broker)) {
      changed.add(broker);
      change(broker);
    }
    return broker;
  };
}

function hideAbortedRecords(broker: Broker): void {
  const fetch = broker.fetch.bind(broker);
  broker.fetch = async (request) => {
    const answer = await fetch(request);
    for (const { partitions } of answer.responses) partitions.forEach(markAborted);
    return answer;
  };
}

/** KafkaJS begins every attempt of a send with the topics, and then asks for the leaders of all its records. */
function endSplitSends(cluster: Cluster): void {
  let leaders = new Set<string>();
  const begin = cluster.addMultipleTargetTopics.bind(cluster);
  cluster.addMultipleTargetTopics = (topics) => {
    leaders = new Set();
    return begin(topics);
  };
  const lead = cluster.findLeaderForPartitions.bind(cluster);
  cluster.findLeaderForPartitions = (topic, partitions) => {
    const found = lead(topic, partitions);
    for (const nodeId of Object.keys(found)) leaders.add(nodeId);
    return found;
  };
  const final = (error: unknown): unknown => (leaders.size > 1 ? new SplitSendError(error) : error);

  eachBroker(cluster, (broker) => {
    const fail = (error: unknown): never => {
      throw final(error);
    };
    const produce = broker.produce.bind(broker);
    const addPartitions = broker.addPartitionsToTxn.bind(broker);
    broker.produce = (request) => produce(request).catch(fail);
    broker.addPartitionsToTxn = (request) => addPartitions(request).catch(fail);
  });
}

/** Marks aborted records as control records: KafkaJS leaves both out, and counts both for the position. */
export function markAborted(partition: FetchedPartition): void {
  const starts = (partition.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
    producerId,
    firstOffset: Number(firstOffset),
  }));
  if (starts.length === 0) return;
  starts.sort((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<string>();
  for (const message of partition.messages) {
    const { producerId, inTransaction } = message.batchContext;
    for (let start = starts[0]; start && start.firstOffset <= Number(message.offset); start = starts[0]) {
      aborted.add(start.producerId);
      starts.shift();
    }
    if (!message.isControlRecord) message.isControlRecord = inTransaction && aborted.has(producerId);
    else if (message.key?.equals(ABORT_MARKER)) aborted.delete(producerId);
  }
  partition.abortedTransactions = [];
}

/** KafkaJS asks FindCoordinator again and again; an answer is good for 5 s, as long as that broker is connected. */
function rememberCoordinators(cluster: Cluster): void {
  const ask = cluster.findGroupCoordinator.bind(cluster);
  const known = new Map<string, { readonly broker: Broker; readonly atMs: number }>();
  cluster.findGroupCoordinator = async (query) => {
    if (query.coordinatorType === undefined) return ask(query); // the consumer's own look-ups stay as they are
    const key = `${query.coordinatorType}/${query.groupId}`;
    const hit = known.get(key);
    if (hit && Date.now() - hit.atMs < COORDINATOR_TTL_MS && hit.broker.isConnected()) return hit.broker;
    const broker = await ask(query);
    known.set(key, { broker, atMs: Date.now() });
    return broker;
  };
}

/** Where nobody has named a coordinator, one is asked once more, and what it answers is told. */
function tellWhyNoCoordinator(cluster: Cluster): void {
  const ask = cluster.findGroupCoordinatorMetadata.bind(cluster);
  cluster.findGroupCoordinatorMetadata = async (query) => {
    try {
      return await ask(query);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'KafkaJSGroupCoordinatorNotFound') throw error;
      const broker = await cluster.findControllerBroker();
      return broker.findGroupCoordinator(query);
    }
  };
}

/** KafkaJS plans the next look with the time since 1970, negative, where nothing is throttled; Node takes that for 1 ms. */
function restQueues({ connectionPoolBuilder: builder }: Cluster): void {
  const build = builder.build.bind(builder);
  builder.build = async (place) => {
    const connections = await build(place);
    for (const { requestQueue: queue } of connections.pool) {
      const schedule = queue.scheduleCheckPendingRequests.bind(queue);
      queue.scheduleCheckPendingRequests = () => {
        if (queue.pending.length > 0 || queue.throttledUntil > Date.now()) schedule();
      };
    }
    return connections;
  };
}

const PRODUCE = 0;
const FETCH = 1;
/** Those between which a produce request has not changed. */
const PRODUCE_VERSIONS = { from: 3, to: 7 };
const FETCH_VERSION = 11;

/** Records are written and read by wire/; compressed ones, and those of brokers before Kafka 2.3, by KafkaJS. */
export function useOwnRecords(broker: Pick<Broker, 'lookupRequest'>): void {
  let current = ownRecords(broker.lookupRequest);
  Object.defineProperty(broker, 'lookupRequest', {
    get: () => current,
    set: (lookup: LookupRequest) => {
      current = ownRecords(lookup);
    },
  });
}

const ownRecords =
  (lookup: LookupRequest): LookupRequest =>
  (apiKey, definition) => {
    const make = lookup(apiKey, definition);
    if (apiKey === PRODUCE) return (options) => writeOwn(make(options), options as ProduceRequest);
    if (apiKey === FETCH) return (options) => readOwn(make(options));
    return make;
  };

function writeOwn(made: ProtocolRequest, options: ProduceRequest): ProtocolRequest {
  const { apiVersion } = made.request;
  if (options.compression || apiVersion < PRODUCE_VERSIONS.from || apiVersion > PRODUCE_VERSIONS.to)
    return made;
  const encode = async () => {
    const buffer = encodeProduce(options);
    return { buf: buffer, buffer };
  };
  return { ...made, request: { ...made.request, encode } };
}

function readOwn(made: ProtocolRequest): ProtocolRequest {
  if (made.request.apiVersion !== FETCH_VERSION) return made;
  const { response } = made;
  const decode = async (bytes: Buffer) => decodeFetch(bytes) ?? response.decode(bytes);
  return { ...made, response: { ...response, decode } };
}

/** A send to several brokers has failed at one of them; what the others have taken is not known. */
class SplitSendError extends Error {
  /** For KafkaJS: not to be tried again. */
  readonly retriable = false;

  constructor(cause: unknown) {
    super(
      `a send to several brokers failed at one: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
    this.name = 'SplitSendError';
  }
}

type Grouped = Record<string, Message[]>;

/**
 * The messages of a send to one topic. KafkaJS groups them with `messages.reduce(…)`, copying a partition's list for every
 * message. Each of these has its partition, so this list groups itself.
 */
class LinearMessages extends Array<Message> {
  static override get [Symbol.species]() {
    return Array;
  }

  override reduce(step: unknown, initial?: unknown): never {
    if (
      typeof step !== 'function' ||
      initial === undefined ||
      this.some(({ partition }) => partition === undefined)
    )
      return Reflect.apply(Array.prototype.reduce, this, [step, initial]) as never;
    const grouped: Grouped = {};
    for (const message of this) {
      const partition = message.partition ?? 0;
      const group = grouped[partition];
      if (group) group.push(message);
      else grouped[partition] = [message];
    }
    return grouped as never;
  }
}

/** The list as one to hand to a send; every message has its partition. */
export function messageList(messages: readonly Message[]): Message[] {
  const list = new LinearMessages();
  for (const message of messages) list.push(message);
  return list;
}
