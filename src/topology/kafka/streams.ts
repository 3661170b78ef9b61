import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Consumer, Kafka } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import { requireNames } from '../graph/explicit-names.ts';
import type { Topology } from '../graph/topology.ts';
import { createTaskRuntime, type TaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { createKafka } from './client.ts';
import { errorType, unreachable } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { FlowControl } from './flow-control.ts';
import { GlobalTables } from './global-tables.ts';
import { groupConsumer } from './group-consumer.ts';
import { healthOf, type StreamsHealth } from './health.ts';
import { IdleWatch } from './idle.ts';
import { ensureInternalTopics, internalTopics } from './internal-topics.ts';
import { Lifecycle, type StateChange, type StreamsState } from './lifecycle.ts';
import type { MemberData } from './member-data.ts';
import { Membership } from './membership.ts';
import { type StreamsMetrics, tasksNow } from './metrics.ts';
import { awaitOldTopology } from './old-topology.ts';
import { RepartitionPurge } from './purge.ts';
import { Queries } from './queries.ts';
import type { StreamsOptions } from './settings.ts';
import { StateKeeper } from './state-keeper.ts';
import { TopicNames } from './task-ids.ts';
import { TaskRuns } from './task-runs.ts';
import { learnLimits } from './topic-limits.ts';
import { partitionCounts, requireTopicNames, requireTopics } from './topics.ts';

const MAX_STAGED_RECORDS = 8_000;
const MAX_STAGED_BYTES = 4 * 1024 * 1024;
const PURGE_INTERVAL_MS = 30_000;
const DEFAULT_CLOSE_MS = 30_000;
/** Kept back from the time to close, for leaving the group and closing connections. */
const LEAVE_MS = 2_000;

/**
 * Runs a topology as one member of a consumer group. Several instances with the same application id share the partitions;
 * what one had not committed when it died is done again by another, and with `exactly_once` nobody who reads committed
 * records can tell.
 */
export class KafkaStreams {
  readonly #topology: Topology;
  readonly #options: StreamsOptions;
  readonly #names: TopicNames;
  readonly #lifecycle = new Lifecycle();
  readonly #runtime: TaskRuntime;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #consumer: Consumer;
  readonly #globals: GlobalTables;
  readonly #states: StateKeeper;
  readonly #runs: TaskRuns;
  readonly #membership: Membership;
  readonly #flow: FlowControl;
  readonly #idle: IdleWatch | undefined;
  readonly #purge: RepartitionPurge;
  readonly #sinkTrouble = new Map<string, string>();
  readonly #fingerprint: string;
  readonly #closing = new AbortController();
  #waitingForOldTopology = false;
  /** Read access to this instance's stores. */
  readonly queries: Queries;
  #counters = { recordsConsumed: 0, recordsCommitted: 0, recordsProduced: 0, commits: 0, commitFailures: 0 };

  /** Opens nothing yet. */
  constructor(topology: Topology, options: StreamsOptions) {
    this.#topology = topology;
    this.#fingerprint = fingerprintOf(topology);
    this.#options = options;
    this.#names = new TopicNames(options.applicationId, topology);
    this.#kafka = createKafka(options.kafka, options.logger);
    this.#admin = this.#kafka.admin();
    const { applicationId, stateDir, maxFutureMs, logger } = options;
    const common = { kafka: this.#kafka, admin: this.#admin, names: this.#names };
    this.#globals = new GlobalTables({
      ...common,
      tables: topology.globalTables,
      logger,
      nowMs: Date.now,
      onFatal: (error) => void this.#fail(error),
    });
    this.#runtime = createTaskRuntime(topology.subTopologies, {
      memoryBudgetBytes: options.memoryBudgetBytes,
      nowMs: Date.now,
      maxStagedRecords: MAX_STAGED_RECORDS,
      maxStagedBytes: MAX_STAGED_BYTES,
      maxTaskIdleMs: options.maxTaskIdleMs,
      ...(maxFutureMs === undefined ? {} : { maxFutureMs }),
      globals: this.#globals.stores,
    });
    this.#consumer = groupConsumer({ ...common, topology, settings: options, self: () => this.#self() });
    this.#states = new StateKeeper({ ...common, applicationId, stateDir, logger });
    this.#runs = new TaskRuns({
      ...common,
      topology,
      settings: options,
      consumer: this.#consumer,
      runtime: this.#runtime,
      states: this.#states,
      onFailure: (run, error) => {
        this.#counters.commitFailures++;
        this.#membership.failed(run, error);
      },
      onCommitted: (batch) => this.#onCommitted(batch),
      onSinkTrouble: (sink, reason) => {
        if (reason === undefined) this.#sinkTrouble.delete(sink);
        else this.#sinkTrouble.set(sink, reason);
      },
    });
    this.#membership = new Membership({
      consumer: this.#consumer,
      logger,
      flow: () => this.#flow,
      tasksFor: (assignment) => this.#runs.tasksFor(assignment),
      onOffsetsExpired: options.onOffsetsExpired ?? 'fail',
      onUncaughtError: options.onUncaughtError ?? (() => 'shutdown'),
      lowOffset: async (topic, partition) =>
        Number((await this.#admin.fetchTopicOffsets(topic)).find((p) => p.partition === partition)?.low ?? 0),
      onProgress: () => this.#onProgress(),
      onFatal: (error) => void this.#fail(error),
    });
    const runs = () => this.#membership.runs;
    this.#flow = new FlowControl(this.#runtime.budget, runs);
    this.queries = new Queries({
      ...common,
      topology,
      groupId: applicationId,
      globals: this.#globals.stores,
      runs,
      restoring: () => this.#states.progress,
      widthOf: this.#runs.widthOf,
    });
    const intervalMs = options.purgeIntervalMs ?? PURGE_INTERVAL_MS;
    this.#purge = new RepartitionPurge({ ...common, intervalMs, topology, runs, logger });
    const { idleTimeoutMs } = options;
    const nowMs = Date.now;
    this.#idle =
      idleTimeoutMs === undefined
        ? undefined
        : new IdleWatch({ ...common, idleTimeoutMs, topology, groupId: applicationId, runs, logger, nowMs });
  }

  get state(): StreamsState {
    return this.#lifecycle.state;
  }

  onStateChange(listener: (change: StateChange) => void): void {
    this.#lifecycle.onChange(listener);
  }

  /**
   * Checks the topics, creates the topology's own, joins the group; resolves when every task of this member runs. Throws
   * KAFKA_UNREACHABLE (`retry`: call again) or NAMES_GENERATED, TOPIC_MISSING, TOPIC_NAME_INVALID, PARTITIONS_CHANGED, NOT_COPARTITIONED, CHANGELOG_UNFIT (`fail`).
   */
  async start(): Promise<void> {
    const { kafka, requireNames: named = process.env.NODE_ENV === 'production' } = this.#options;
    if (named) requireNames(this.#topology);
    try {
      await this.#admin.connect();
      await this.#requireTopics(); // what is set up wrongly is said before anything is waited for
      await this.#awaitOldTopology();
      await this.#prepareTopics(await this.#requireTopics());
    } catch (error) {
      if (this.#closing.signal.aborted || error instanceof StreamsError) throw error;
      throw unreachable(kafka.brokers, error);
    }
    const running = new Promise<void>((resolve, reject) => {
      this.#lifecycle.onChange(({ to, cause }) => {
        if (to === 'RUNNING') resolve();
        if (to === 'PENDING_ERROR' || to === 'PENDING_SHUTDOWN')
          reject(cause ?? new Error('closed while it started'));
      });
    });
    running.catch(() => {}); // seen by whoever awaits start(); an earlier throw below must not leave it unheard
    this.#lifecycle.transitionTo('REBALANCING');
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: this.#sourceTopics(), fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: async (payload) => {
        this.#counters.recordsConsumed += payload.batch.messages.length;
        await this.#membership.eachBatch(payload);
      },
    });
    await running;
    this.#idle?.start();
    this.#purge.start();
  }

  /**
   * Reads nothing more, finishes what is in turn, commits it, leaves the group. What has not ended when the time is over is
   * done again by the next owner.
   */
  async close({ timeoutMs = DEFAULT_CLOSE_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (!this.#lifecycle.transitionTo('PENDING_SHUTDOWN')) return;
    this.#closing.abort(new Error('closed while it started'));
    const endMs = Date.now() + timeoutMs;
    const drainMs = Math.max(0, timeoutMs - LEAVE_MS);
    await Promise.race([this.#membership.drain(), delay(drainMs, undefined, { ref: false })]);
    await this.#disconnect(Math.min(LEAVE_MS, Math.max(0, endMs - Date.now())));
    this.#lifecycle.transitionTo('NOT_RUNNING');
  }

  /** Reads nothing more; what is in memory is finished and committed. The instance stays a member of the group. */
  pause(): void {
    this.#membership.pause();
  }

  resume(): void {
    this.#membership.resume();
  }

  health(): StreamsHealth {
    return healthOf({
      lifecycle: this.#lifecycle,
      runtime: this.#runtime,
      sinkTrouble: this.#sinkTrouble,
      waitingForOldTopology: this.#waitingForOldTopology,
      paused: this.#membership.paused,
    });
  }

  metrics(): StreamsMetrics {
    const { runs, duplicatesDropped } = this.#membership;
    return {
      ...this.#counters,
      state: this.state,
      paused: this.#membership.paused,
      duplicatesDropped,
      recordsRestored: this.#states.recordsRestored,
      restore: this.#states.progress,
      storeLag: this.queries.storeLag(),
      dropped: this.#runs.dropped(runs),
      ...tasksNow(runs, this.#runtime),
    };
  }

  #awaitOldTopology(): Promise<void> {
    return awaitOldTopology({
      admin: this.#admin,
      groupId: this.#options.applicationId,
      fingerprint: this.#fingerprint,
      signal: this.#closing.signal,
      onWaiting: (waiting) => {
        this.#waitingForOldTopology = waiting;
      },
      logger: this.#options.logger,
    });
  }

  /** What the group is told about this member. */
  #self(): MemberData {
    const { applicationServer: server } = this.#options;
    return {
      owned: this.#membership.runs.map((run) => run.key),
      local: this.#states.local(this.#runs.all),
      fingerprint: this.#fingerprint,
      ...(server === undefined ? {} : { server }),
    };
  }

  async #requireTopics(): Promise<Map<string, number>> {
    const counts = await partitionCounts(this.#admin);
    const { deadLetterTopic } = this.#options;
    requireTopics(this.#topology, counts);
    if (deadLetterTopic !== undefined) requireTopicNames([deadLetterTopic], counts);
    return counts;
  }

  async #prepareTopics(counts: ReadonlyMap<string, number>): Promise<void> {
    const own = internalTopics(this.#topology, this.#names, counts);
    const facts = await ensureInternalTopics(this.#admin, own, counts, this.#options.replicationFactor);
    this.#runs.widths = new Map([
      ...counts,
      ...own.map(({ topic, partitions }) => [topic, partitions] as const),
    ]);
    await learnLimits(this.#admin, this.#writtenTopics(own), this.#runtime.limits, this.#options.logger);
    await this.#states.prepare(this.#runs.all, facts);
    await this.#globals.start();
  }

  /** Topics that sinks choose for each record are not among them. */
  #writtenTopics(own: readonly { readonly topic: string }[]): string[] {
    const { deadLetterTopic } = this.#options;
    const sinks = this.#topology.subTopologies
      .flatMap((sub) => sub.nodes)
      .flatMap((node) =>
        node.kind === 'sink' && typeof node.topic === 'string' ? [this.#names.physical(node.topic)] : [],
      );
    const letters = deadLetterTopic === undefined ? [] : [deadLetterTopic];
    return [...new Set([...sinks, ...own.map(({ topic }) => topic), ...letters])];
  }

  #sourceTopics(): string[] {
    return [...new Set(this.#topology.subTopologies.flatMap((sub) => this.#names.sourcesOf(sub)))];
  }

  #onCommitted(batch: StagedBatch): void {
    this.#counters.commits++;
    this.#counters.recordsCommitted += batch.records;
    this.#counters.recordsProduced += batch.outputs.length;
  }

  #onProgress(): void {
    this.#lifecycle.transitionTo(this.#membership.settled ? 'RUNNING' : 'REBALANCING');
  }

  async #fail(error: Error): Promise<void> {
    if (!this.#lifecycle.transitionTo('PENDING_ERROR', error)) return;
    this.#closing.abort(error);
    this.#options.logger.error(
      { code: Reflect.get(error, 'code') ?? errorType(error), error: error.message },
      'the application cannot go on',
    );
    await this.#disconnect(LEAVE_MS);
    this.#lifecycle.transitionTo('ERROR', error);
  }

  /** Leaving waits for a rebalance that is under way; the group notices a member that did not say good-bye. */
  async #disconnect(leaveMs: number): Promise<void> {
    this.#flow.stop();
    this.#purge.close();
    await this.#idle?.close();
    const left = this.#consumer.disconnect().catch(() => {});
    await Promise.race([left, delay(leaveMs, undefined, { ref: false })]);
    this.#membership.dropAll();
    await Promise.all([this.#states.close(), this.#globals.close()]);
    await this.#admin.disconnect().catch(() => {});
  }
}
