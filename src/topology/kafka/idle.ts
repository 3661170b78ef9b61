import type { Admin, Kafka } from 'kafkajs';
import type { SubTopology, Topology } from '../graph/topology.ts';
import { PartitionReader } from './partition-reader.ts';
import type { Logger } from './settings.ts';
import type { TopicNames } from './task-ids.ts';
import type { TaskRun } from './task-run.ts';

const LEAST_TICK_MS = 50;
const MOST_TICK_MS = 1_000;
/** Each step costs a commit: they become rarer, so that a window closes at most this part of its wait too late. */
const STEP_FACTOR = 1.2;

export interface IdleOptions {
  readonly idleTimeoutMs: number;
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly groupId: string;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly runs: () => readonly TaskRun[];
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** How long a task has done nothing. */
interface Quiet {
  readonly positions: string;
  readonly sinceMs: number;
  /** Stream time when it became quiet. */
  readonly streamTimeMs: number;
  /** When stream time is to be moved, next. */
  dueMs: number;
}

/**
 * Lets windows close when input stops: the stream time of a task that is truly idle moves on with the wall clock, by as much as
 * it has been idle. Truly idle is one that has read to the ends of its partitions, as they are after the time-out, control records
 * included, and holds nothing, paused by nobody; behind a repartition, everybody upstream must have committed everything too.
 * Otherwise records are on their way (in a sink's outage, say), and would be late.
 */
export class IdleWatch {
  readonly #options: IdleOptions;
  readonly #reader: PartitionReader;
  readonly #quiet = new WeakMap<TaskRun, Quiet>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(options: IdleOptions) {
    this.#options = options;
    this.#reader = new PartitionReader(options.kafka);
  }

  start(): void {
    const everyMs = Math.min(MOST_TICK_MS, Math.max(LEAST_TICK_MS, this.#options.idleTimeoutMs / 4));
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(new Error('the application is closed'));
    await this.#reader.close();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const run of this.#options.runs()) await this.#lookAt(run);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.debug({ reason }, 'whether input is idle could not be found out; asked again');
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(run: TaskRun): Promise<void> {
    const { nowMs, idleTimeoutMs } = this.#options;
    const positions = positionsOf(run);
    const quiet = this.#quiet.get(run);
    if (positions === undefined) return void this.#quiet.delete(run);
    if (quiet?.positions !== positions) {
      const sinceMs = nowMs();
      const streamTimeMs = run.task?.streamTimeMs ?? -1;
      this.#quiet.set(run, { positions, sinceMs, streamTimeMs, dueMs: sinceMs + idleTimeoutMs });
      return;
    }
    if (nowMs() < quiet.dueMs || quiet.streamTimeMs < 0) return;
    const idle = await this.#isIdle(run);
    if (!idle || this.#stop.signal.aborted || positionsOf(run) !== positions)
      return void this.#quiet.delete(run);
    const idleMs = nowMs() - quiet.sinceMs;
    quiet.dueMs = quiet.sinceMs + idleMs * STEP_FACTOR;
    run.task?.advanceStreamTime(quiet.streamTimeMs + idleMs);
  }

  /** Upstream first: what it commits afterwards shows at our own ends. */
  async #isIdle(run: TaskRun): Promise<boolean> {
    const { topology, names } = this.#options;
    for (const topic of upstreamOf(topology, run.id.subTopology)) {
      if (!(await this.#isFinished(names.physical(topic)))) return false;
    }
    for (const { topic, partition, nextOffset } of run.intakes) {
      const ends = await this.#options.admin.fetchTopicOffsets(topic);
      if (Number(ends.find((end) => end.partition === partition)?.high ?? -1) > nextOffset) return false;
    }
    return true;
  }

  /** Whether the application has committed everything on a topic, but for control records. */
  async #isFinished(topic: string): Promise<boolean> {
    const { admin, groupId } = this.#options;
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const known = Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
      if (!(await this.#isAtEnd(topic, partition, known < 0 ? Number(low) : known, Number(high))))
        return false;
    }
    return true;
  }

  async #isAtEnd(topic: string, partition: number, from: number, end: number): Promise<boolean> {
    let offset = from;
    while (offset < end) {
      const [fetched] = await this.#reader.fetch([{ topic, partition, offset }], {
        signal: this.#stop.signal,
      });
      if (!fetched || fetched.records.length > 0 || fetched.nextOffset === offset) return false;
      offset = fetched.nextOffset;
    }
    return true;
  }
}

/** Where a task stands that has committed all that it has read; undefined: it has not, or may not read. */
function positionsOf({ finished, intakes }: TaskRun): string | undefined {
  if (!finished || intakes.some(({ paused }) => paused)) return undefined;
  return intakes.map(({ nextOffset }) => nextOffset).join();
}

/** The topics from which records reach a sub-topology through topics of the application's own. */
export function upstreamOf(topology: Topology, subTopology: SubTopology): ReadonlySet<string> {
  const own = new Set(topology.repartitionTopics.map(({ name }) => name));
  const sourcesOf = ({ nodes }: SubTopology) =>
    nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []));
  const found = new Set<string>();
  const reached = new Set(sourcesOf(subTopology));
  for (const topic of reached) {
    if (!own.has(topic)) continue;
    for (const upstream of topology.subTopologies) {
      if (!upstream.nodes.some((node) => node.kind === 'sink' && node.topic === topic)) continue;
      for (const source of sourcesOf(upstream)) {
        found.add(source);
        reached.add(source);
      }
    }
  }
  return found;
}
