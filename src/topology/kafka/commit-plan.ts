import type { RecordMetadata } from 'kafkajs';
import type { Headers, ProducedRecord } from '../record.ts';
import type { StoreSpec } from '../stores/bytes.ts';
import type { StagedBatch } from '../task/stage.ts';
import { encodeOffsetMetadata } from './offset-metadata.ts';

const NO_HEADERS: Headers = [];

/** Where a task is on one of its partitions. */
export interface TaskPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** An offset to commit, as KafkaJS wants it. */
export interface OffsetCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string;
}

/** An answer to a send, with how many of its records went to that topic, whatever the partition. */
export interface SendAnswer extends RecordMetadata {
  readonly topicRecords: number;
}

export interface CommitPlanOptions {
  /** The task's: changelogs have a partition for each task. */
  readonly partition: number;
  readonly stores: readonly StoreSpec[];
  readonly changelogOf: (store: string) => string;
}

/** Says what a staged batch of one task is in Kafka: records of outputs and changelogs, offsets with the task's time. */
export class CommitPlan {
  readonly #partition: number;
  readonly #logged: ReadonlyMap<string, { readonly store: StoreSpec; readonly topic: string }>;
  readonly #storeOf: ReadonlyMap<string, string>;
  #positions = new Map<string, TaskPosition>();

  constructor({ partition, stores, changelogOf }: CommitPlanOptions) {
    const logged = stores
      .filter((store) => store.logged)
      .map((store) => ({ store, topic: changelogOf(store.name) }));
    this.#partition = partition;
    this.#logged = new Map(logged.map((log) => [log.store.name, log]));
    this.#storeOf = new Map(logged.map(({ store, topic }) => [topic, store.name]));
  }

  /** Where the task begins; from then on, told by its batches. */
  startAt(positions: readonly TaskPosition[]): void {
    this.#positions = new Map(positions.map((place) => [`${place.topic}-${place.partition}`, place]));
  }

  /** Outputs in their order, then what happened to logged stores. */
  records({ outputs, writes }: StagedBatch): readonly ProducedRecord[] {
    if (this.#logged.size === 0) return outputs;
    const changes = writes.flatMap(({ store: name, key, value, timestamp, dropsBelow }): ProducedRecord[] => {
      const log = this.#logged.get(name);
      const loggedKey = log?.store.changelog ? log.store.changelog.toChangelog(key) : key;
      if (!log || !loggedKey || dropsBelow) return [];
      const place = { topic: log.topic, partition: this.#partition };
      return [{ ...place, key: loggedKey, value, timestamp: Math.max(0, timestamp), headers: NO_HEADERS }];
    });
    return [...outputs, ...changes];
  }

  /** The partitions that have moved; where none has (a punctuation), all of them, to keep the task's time. */
  offsets({ positions, streamTimeMs, clocks, partitionTimesMs }: StagedBatch): readonly OffsetCommit[] {
    for (const { topic, partition, to } of positions)
      this.#positions.set(`${topic}-${partition}`, { topic, partition, offset: to });
    const moved = positions.length > 0 ? positions : [...this.#positions.values()];
    return moved.map(({ topic, partition }) => {
      const key = `${topic}-${partition}`;
      return {
        topic,
        partition,
        offset: String(this.#positions.get(key)?.offset ?? 0),
        metadata: encodeOffsetMetadata({
          streamTimeMs,
          clocks,
          partitionTimeMs: partitionTimesMs.get(key) ?? -1,
        }),
      };
    });
  }

  /** Per store the changelog offset behind what was sent, as far as the answers tell. */
  changelogPositions(answers: readonly SendAnswer[]): ReadonlyMap<string, number> {
    const positions = new Map<string, number>();
    for (const { topicName, baseOffset, topicRecords } of answers) {
      const store = this.#storeOf.get(topicName);
      const base = Number(baseOffset ?? -1);
      if (store !== undefined && base >= 0) positions.set(store, base + topicRecords); // all went to one partition
    }
    return positions;
  }
}
