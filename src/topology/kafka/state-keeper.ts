import type { Admin, Kafka } from 'kafkajs';
import type { StoreSpec } from '../stores/bytes.ts';
import type { ChangelogFacts } from './internal-topics.ts';
import { PartitionReader } from './partition-reader.ts';
import { type ChangelogRange, type RestoreProgress, restoreStore } from './restore.ts';
import type { Logger } from './settings.ts';
import { StateFolders } from './state-folders.ts';
import { type TaskId, type TopicNames, taskKey } from './task-ids.ts';
import { openInMemory, openOnDisk, type TaskState } from './task-state.ts';

const LOG_EVERY_MS = 10_000;

export interface StateKeeperOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly names: TopicNames;
  readonly applicationId: string;
  readonly stateDir: string | undefined;
  readonly logger: Logger;
}

/** Stable over unrelated changes of the topology, as transactional ids are. */
export const stateName = ({ subTopology, partition }: TaskId): string => `${subTopology.name}_${partition}`;

/** Opens and restores the state of this process' tasks, and knows how far that is. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  readonly #reader: PartitionReader;
  readonly #folders: StateFolders | undefined;
  readonly #progress = new Map<TaskState, Map<string, RestoreProgress>>();
  #clusterId = '';
  #facts: ReadonlyMap<string, ChangelogFacts> = new Map();
  /** Changelog records read since the process has begun. */
  recordsRestored = 0;

  constructor(options: StateKeeperOptions) {
    const { kafka, applicationId, stateDir, logger } = options;
    this.#options = options;
    this.#reader = new PartitionReader(kafka);
    this.#folders = stateDir === undefined ? undefined : new StateFolders(stateDir, applicationId, logger);
  }

  /** What has to be known before a task's state is opened; removes folders of no task. */
  async prepare(tasks: readonly TaskId[], facts: ReadonlyMap<string, ChangelogFacts>): Promise<void> {
    this.#facts = facts;
    const { clusterId } = await this.#options.admin.describeCluster();
    this.#clusterId = clusterId;
    this.#folders?.sweep(tasks.map(stateName));
  }

  /** Restores under way. */
  get progress(): readonly RestoreProgress[] {
    return [...this.#progress.values()].flatMap((stores) => [...stores.values()]);
  }

  /** The keys of those tasks whose state lies on this machine, as old as it may be. */
  local(tasks: readonly TaskId[]): string[] {
    const present = new Set(this.#folders?.present(tasks.map(stateName)));
    return tasks.filter((id) => present.has(stateName(id))).map(taskKey);
  }

  open(id: TaskId): TaskState {
    const { stores } = id.subTopology;
    if (!this.#folders || !stores.some(({ persistent }) => persistent)) return openInMemory();
    return openOnDisk(this.#folders, stateName(id), stores, this.#clusterId);
  }

  /** Brings every logged store of the task to the end of its changelog. Only after the task's producer has fenced the former owner. */
  async restore(id: TaskId, state: TaskState, signal: AbortSignal): Promise<void> {
    const logged = id.subTopology.stores.filter((store) => store.logged);
    if (logged.length === 0) return;
    this.#progress.set(state, new Map());
    const behind = new Map<string, boolean>();
    const onStart = (store: string, isBehind: boolean) => {
      behind.set(store, isBehind);
      if (behind.size === logged.length && ![...behind.values()].includes(true)) state.renewed();
    };
    try {
      state.restoring(false);
      await Promise.all(logged.map((store) => this.#restoreStore(id, state, store, signal, onStart)));
      state.restoring(true);
    } finally {
      this.#progress.delete(state);
    }
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #restoreStore(
    id: TaskId,
    state: TaskState,
    store: StoreSpec,
    signal: AbortSignal,
    onStart: (store: string, behind: boolean) => void,
  ): Promise<void> {
    const { logger, names } = this.#options;
    const topic = names.changelog(store.name);
    const startedMs = Date.now();
    let loggedMs = startedMs;
    let total = 0;
    const fields = { task: taskKey(id), store: store.name, partition: id.partition };
    await restoreStore({
      reader: this.#reader,
      storage: state.storage,
      store,
      range: () => this.#rangeOf(topic, id.partition),
      trustedBehind: this.#missedNoDeletion(topic, state),
      onStart: (behind) => onStart(store.name, behind),
      signal,
      onProgress: (progress, records) => {
        this.#progress.get(state)?.set(store.name, progress);
        this.recordsRestored += records;
        total += records;
        if (Date.now() - loggedMs < LOG_EVERY_MS) return;
        loggedMs = Date.now();
        logger.info({ ...fields, remaining: progress.remaining, records: total }, 'restoring');
      },
    });
    this.#progress.get(state)?.delete(store.name);
    logger.info({ ...fields, records: total, ms: Date.now() - startedMs }, 'restored');
  }

  /** Deletions that were written since can still be read: none is forgotten before that time. */
  #missedNoDeletion(topic: string, { currentAsOfMs }: TaskState): boolean {
    const facts = this.#facts.get(topic);
    return (
      facts !== undefined &&
      currentAsOfMs !== undefined &&
      Date.now() - currentAsOfMs < facts.deleteRetentionMs
    );
  }

  async #rangeOf(topic: string, partition: number): Promise<ChangelogRange> {
    const all = await this.#options.admin.fetchTopicOffsets(topic);
    const found = all.find((one) => one.partition === partition);
    if (!found) throw new Error(`${topic} has no partition ${partition}`);
    return { topic, partition, low: Number(found.low), high: Number(found.high) };
  }
}
