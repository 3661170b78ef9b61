import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { Guarantee } from '../../src/topology/index.ts';
import { seededRandom } from '../faults/harness/random.ts';
import { type Committed, readCommitted } from '../recount/committed.ts';
import { durations } from '../support/durations.ts';
import type { Cluster } from './cluster.ts';
import { attack, type Fault } from './faults.ts';
import { Feed } from './feed.ts';
import { createMember, type Member } from './member-process.ts';
import { expectedOutputs, type Output } from './oracle.ts';
import { SteadyProducer } from './steady-producer.ts';
import { topicsOf, type Variant } from './topology.ts';
import { judge, type Verdict } from './verdict.ts';

const PARTITIONS = 8;
const MEMBERS = 3;
/** Between two faults, so that one may meet what the one before has left. */
const MAX_REST_MS = 3_000;
/** Nothing may stand still for longer: a session, a transaction that times out, and a restart of the broker. */
const NO_PROGRESS_MS = 90_000;
const REPEATS_WITHIN_MS = 10_000;
const LOOK_MS = 1_500;
const MARKS_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 60_000;
const MARK = 'mark';

export interface RoundOptions {
  /** Names topics, group and files. */
  readonly run: string;
  readonly variant: Variant;
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly guarantee: Guarantee;
  readonly say: (line: string) => void;
}

export interface RoundReport {
  readonly verdict: Verdict;
  /** What is wrong, in words. */
  readonly notes: readonly string[];
  /** Members that ended without our doing. */
  readonly surprises: readonly string[];
  readonly inputs: number;
  readonly outputs: number;
  /** With the members' logs and state, where something is wrong; else it is removed. */
  readonly folder: string;
}

/**
 * One application on new topics: events flow through its members while faults are done to them; then all end, one comes back on
 * its own state and one on none, and events to every key and window ask what they remember. Then what readers of committed
 * records see is compared with the oracle.
 */
export async function runRound(cluster: Cluster, options: RoundOptions): Promise<RoundReport> {
  const { run, variant, say } = options;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-chaos-'));
  const random = seededRandom(options.seed);
  const kafka = new Kafka({
    clientId: 'chaos-harness',
    brokers: [...cluster.addresses],
    logLevel: logLevel.NOTHING,
    retry: { retries: 1000, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  const admin = kafka.admin();
  const producer = new SteadyProducer(kafka, say);
  const members: Member[] = [];
  const feeding = new AbortController();
  try {
    await admin.connect();
    await createTopics(admin, run, cluster.replicationFactor);
    for (let index = 1; index <= MEMBERS; index++) {
      const env = {
        APPLICATION_ID: run,
        VARIANT: variant,
        GUARANTEE: options.guarantee,
        REPLICATION_FACTOR: String(cluster.replicationFactor),
        SESSION_MS: String(durations.session),
      };
      members.push(await createMember(index, { addresses: cluster.addresses, folder, env }));
    }
    await Promise.all(members.map(({ process }) => process.start()));
    say(`${MEMBERS} members are ready: ${variant}, ${options.faults.join(', ')}`);

    const feed = new Feed(producer, run, seededRandom(options.seed + 1));
    const fed = feed.run(feeding.signal);
    fed.catch(() => {}); // seen below
    for (const fault of options.faults) {
      await delay(500 + random() * MAX_REST_MS);
      await attack(fault, { members, cluster, random, say });
      await revive(members, say);
    }
    await delay(MAX_REST_MS);
    feeding.abort();
    await fed;

    const settled = () => untilSettled(cluster, options);
    await settled();
    say('all members end; one comes back on its own state, one on none');
    await Promise.all(members.map(({ process }) => process.terminate()));
    await Promise.all(members.slice(1).map(({ name }) => rm(join(folder, `${name}-state`), FORCE)));
    await Promise.all(members.slice(0, 2).map(({ process }) => process.start()));
    await feed.probe();
    await settled();
    await Promise.all(members.map(({ process }) => process.terminate()));
    const unmarked = await untilMarked(cluster, producer, options);
    const { verdict, notes, inputs, outputs } = await lookNow(cluster, options);
    const surprises = members.flatMap(({ process }) => process.surprises);
    const right =
      Object.values(verdict).every((count) => count === 0) && surprises.length + unmarked.length === 0;
    if (right) await rm(folder, FORCE);
    else await keepTopics(cluster, folder, options);
    return { verdict, notes: [...notes, ...unmarked], surprises, inputs, outputs, folder };
  } finally {
    feeding.abort();
    await Promise.allSettled(members.map(({ process }) => process.kill()));
    await Promise.allSettled(members.flatMap(({ proxies }) => proxies.map((proxy) => proxy.close())));
    await deleteTopics(admin, run).catch(() => {}); // the brokers may be gone with the failure
    await Promise.allSettled([admin.disconnect(), producer.close()]);
  }
}

const FORCE = { recursive: true, force: true };

async function createTopics(admin: Admin, run: string, replicationFactor: number): Promise<void> {
  const topics = Object.values(topicsOf(run));
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor })),
    waitForLeaders: false, // KafkaJS' own wait gives up when the brokers are busy
  });
  for (const topic of topics) await patiently(() => admin.fetchTopicOffsets(topic));
}

/** A broker has to carry many rounds. */
async function deleteTopics(admin: Admin, run: string): Promise<void> {
  const own = (await admin.listTopics()).filter((topic) => topic.startsWith(`${run}-`));
  await admin.deleteTopics({ topics: own });
}

/** Keeps what lies in the round's topics, one file each, for whoever looks into what went wrong. */
async function keepTopics(cluster: Cluster, folder: string, { run }: RoundOptions): Promise<void> {
  for (const [name, topic] of Object.entries(topicsOf(run))) {
    const lines = (await read(cluster, topic)).map(({ partition, offset, key, value, written }) =>
      [partition, offset, key?.toString(), value?.toString(), written].join(' '),
    );
    await writeFile(join(folder, `${name}.txt`), `${lines.join('\n')}\n`);
  }
}

/** Starts what ended without our doing, as a supervisor would; that it did is told at the end. */
async function revive(members: readonly Member[], say: (line: string) => void): Promise<void> {
  for (const { name, process } of members) {
    if (process.running) continue;
    say(`${name} has ended by itself`);
    await process.start();
  }
}

/** Resolves when nothing is missing, or when nothing has come for long; for less where there are as many results as should be, but others. */
async function untilSettled(cluster: Cluster, options: RoundOptions): Promise<void> {
  let seen = -1;
  let sinceMs = Date.now();
  for (;;) {
    const look = await lookNow(cluster, options);
    if (look.verdict.missing === 0) return;
    if (look.outputs !== seen) {
      seen = look.outputs;
      sinceMs = Date.now();
    }
    const patienceMs = look.outputs < look.expected ? NO_PROGRESS_MS : REPEATS_WITHIN_MS;
    if (Date.now() - sinceMs > patienceMs) {
      options.say(`no progress for ${patienceMs} ms, ${look.verdict.missing} results missing`);
      return;
    }
    await delay(LOOK_MS);
  }
}

interface Look {
  readonly verdict: Verdict;
  readonly notes: readonly string[];
  readonly inputs: number;
  readonly outputs: number;
  /** So many outputs there should be. */
  readonly expected: number;
}

async function lookNow(cluster: Cluster, { run, variant }: RoundOptions): Promise<Look> {
  const topics = topicsOf(run);
  const [left, right] = await Promise.all([read(cluster, topics.left), read(cluster, topics.right)]);
  const expected = expectedOutputs(variant, left, right);
  const outputs = new Map<Output, readonly Committed[]>();
  for (const output of expected.keys()) outputs.set(output, await read(cluster, topics[output]));
  const { verdict, notes, seen } = judge(expected, outputs);
  const total = [...expected.values()].flatMap(({ values }) => [...values.values()]).flat().length;
  return { verdict, notes, inputs: left.length + right.length, outputs: seen, expected: total };
}

/** Committed records but for marks. */
async function read(cluster: Cluster, topic: string): Promise<readonly Committed[]> {
  return (await readAll(cluster, topic)).filter(({ key }) => key?.toString() !== MARK);
}

function readAll(cluster: Cluster, topic: string): Promise<readonly Committed[]> {
  return patiently(() => readCommitted(cluster.addresses.join(','), topic));
}

/** Again until it works: brokers that have just come up, or topics that are new, may not answer at once. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = Date.now() + ANSWER_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > endMs) throw error;
      await delay(500);
    }
  }
}

/**
 * Writes a mark behind everything: a reader of committed records meets it only where no transaction is left open before it.
 * Returns in words what it does not reach.
 */
async function untilMarked(
  cluster: Cluster,
  producer: SteadyProducer,
  { run, variant }: RoundOptions,
): Promise<string[]> {
  const topics = [...expectedOutputs(variant, [], []).keys()].map((output) => topicsOf(run)[output]);
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    key: MARK,
    value: null,
  }));
  while (!(await producer.send(topics.map((topic) => ({ topic, messages })))));
  const endMs = Date.now() + MARKS_WITHIN_MS;
  const open = new Set(topics);
  while (open.size > 0 && Date.now() < endMs) {
    for (const topic of [...open]) {
      const marks = (await readAll(cluster, topic)).filter(({ key }) => key?.toString() === MARK);
      if (marks.length >= PARTITIONS) open.delete(topic);
    }
    if (open.size > 0) await delay(LOOK_MS);
  }
  return [...open].map((topic) => `a transaction on ${topic} is left open`);
}
