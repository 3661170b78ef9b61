import type { Admin } from 'kafkajs';
import type { Topology } from '../graph/topology.ts';
import type { Logger } from './settings.ts';
import type { TopicNames } from './task-ids.ts';
import type { TaskRun } from './task-run.ts';

export interface PurgeOptions {
  readonly intervalMs: number;
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly admin: Admin;
  readonly runs: () => readonly TaskRun[];
  readonly logger: Logger;
}

/**
 * Removes from repartition topics what their reader has committed: they keep everything otherwise, since a record may have to
 * wait there for as long as it takes. Left alone before a sink that may ask for records again.
 */
export class RepartitionPurge {
  readonly #options: PurgeOptions;
  readonly #own: ReadonlySet<string>;
  readonly #purged = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #purging = false;
  /** Why it last failed: said once as a warning. */
  #told: string | undefined;

  constructor(options: PurgeOptions) {
    const { topology, names } = options;
    this.#options = options;
    this.#own = new Set(topology.repartitionTopics.map(({ name }) => names.physical(name)));
  }

  start(): void {
    if (this.#own.size === 0) return;
    this.#timer = setInterval(() => void this.#purge(), this.#options.intervalMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #purge(): Promise<void> {
    if (this.#purging) return;
    this.#purging = true;
    const { admin, logger } = this.#options;
    try {
      for (const [topic, places] of Map.groupBy(this.#due(), (place) => place.topic)) {
        const partitions = places.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
        await admin.fetchTopicOffsets(topic); // makes KafkaJS know the topic's leaders
        await admin.deleteTopicRecords({ topic, partitions });
        for (const { partition, offset } of places) this.#purged.set(`${topic}-${partition}`, offset);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger[reason === this.#told ? 'debug' : 'warn'](
        { reason },
        'committed records could not be removed from repartition topics; tried again later',
      );
      this.#told = reason;
    } finally {
      this.#purging = false;
    }
  }

  #due() {
    return this.#options
      .runs()
      .filter(({ running, id }) => running && !id.subTopology.nodes.some(asksAgain))
      .flatMap((run) => run.committed)
      .filter(
        ({ topic, partition, offset }) =>
          this.#own.has(topic) && offset > (this.#purged.get(`${topic}-${partition}`) ?? 0),
      );
  }
}

const asksAgain = (node: { readonly kind: string; readonly sink?: { readonly fenced?: boolean } }) =>
  node.kind === 'external-sink' && node.sink?.fenced === true;
