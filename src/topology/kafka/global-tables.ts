import type { Admin, Kafka } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { GlobalStores, GlobalTableSpec } from '../graph/nodes.ts';
import { MemoryStorage } from '../stores/memory-storage.ts';
import { GlobalTable } from '../task/global-table.ts';
import { OffsetGoneError, PartitionReader, type Place } from './partition-reader.ts';
import type { Logger } from './settings.ts';

const FOLLOW_WAIT_MS = 200;
/** An open transaction holds up readers of committed records. */
const BLOCKED_WAIT_MS = 50;
const NO_POSITIONS: ReadonlyMap<string, number> = new Map();

interface Position extends Place {
  offset: number;
  end: number;
}

/** A table with how far each partition of its topic was read. */
interface Reading {
  readonly table: GlobalTable;
  readonly positions: readonly Position[];
}

export interface GlobalTablesOptions {
  readonly tables: readonly GlobalTableSpec[];
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** A record that does not fit, or that the brokers do not let us read: a table with a hole would give wrong results. */
  readonly onFatal: (error: Error) => void;
}

/** The global tables of this process: read to their ends before tasks run, then followed. Their rows are in memory. */
export class GlobalTables {
  readonly #options: GlobalTablesOptions;
  readonly #reader: PartitionReader;
  readonly #readings: Map<GlobalTableSpec, Reading>;
  readonly #stop = new AbortController();
  #started = false;

  constructor(options: GlobalTablesOptions) {
    this.#options = options;
    this.#reader = new PartitionReader(options.kafka);
    this.#readings = new Map(
      options.tables.map((spec) => [spec, { table: this.#empty(spec), positions: [] }]),
    );
  }

  /** Global stores by name; throws STORE_UNKNOWN. */
  readonly stores: GlobalStores = (name) => {
    for (const [spec, { table }] of this.#readings) if (spec.store.name === name) return table.store;
    throw new StreamsError('STORE_UNKNOWN', 'fail', `no global store is called "${name}"`);
  };

  /** Records on the topics that were not read yet. */
  get lag(): number {
    return [...this.#readings.values()]
      .flatMap(({ positions }) => positions)
      .reduce((sum, { offset, end }) => sum + Math.max(0, end - offset), 0);
  }

  /** Resolves when every table holds what its topic held at the call; goes on reading until `close`. */
  async start(): Promise<void> {
    if (this.#started) return;
    const specs = [...this.#readings.keys()];
    await Promise.all(specs.map((spec) => this.#readAll(spec)));
    this.#started = true;
    for (const spec of specs)
      this.#follow(spec).catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#options.onFatal(error instanceof Error ? error : new Error(String(error)));
      });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the application is closed'));
    await this.#reader.close();
  }

  #empty(spec: GlobalTableSpec): GlobalTable {
    return new GlobalTable(spec, new MemoryStorage(), this.#options.nowMs);
  }

  /** Whoever reads the table meanwhile sees the one before, if there was one. */
  async #readAll(spec: GlobalTableSpec): Promise<void> {
    const startedMs = Date.now();
    const positions = (
      await Promise.all(
        spec.source.topics.map(async (topic) =>
          (
            await this.#options.admin.fetchTopicOffsets(topic)
          ).map(({ partition, low, high }) => ({
            topic,
            partition,
            offset: Number(low),
            end: Number(high),
          })),
        ),
      )
    ).flat();
    const reading: Reading = { table: this.#empty(spec), positions };
    const ends = positions.map((position) => ({ position, end: position.end }));
    let records = 0;
    for (const { position, end } of ends)
      while (position.offset < end) records += await this.#read(reading, [position], BLOCKED_WAIT_MS);
    this.#readings.set(spec, reading);
    const fields = { store: spec.store.name, records, ms: Date.now() - startedMs };
    this.#options.logger.info(fields, 'global table is read');
  }

  async #follow(spec: GlobalTableSpec): Promise<void> {
    for (;;) {
      const reading = this.#readings.get(spec);
      if (!reading) return;
      try {
        const before = reading.positions.map(({ offset }) => offset);
        await this.#read(reading, reading.positions, FOLLOW_WAIT_MS);
        // what a common fetch does not get past, an emptied batch say, a fetch of its own does
        for (const [index, position] of reading.positions.entries()) {
          if (position.offset === before[index] && position.offset < position.end)
            await this.#read(reading, [position], 0);
        }
      } catch (error) {
        if (!(error instanceof OffsetGoneError)) throw error;
        const { name } = spec.store;
        this.#options.logger.warn({ store: name }, 'its topic has lost records: a global table is read anew');
        await this.#readAll(spec);
      }
    }
  }

  async #read({ table, positions }: Reading, places: readonly Place[], waitMs: number): Promise<number> {
    const { signal } = this.#stop;
    const fetched = await this.#reader.fetch(places, { signal, waitMs });
    signal.throwIfAborted();
    let count = 0;
    for (const { topic, partition, records, nextOffset, highWatermark } of fetched) {
      if (records.length > 0) table.update(records, NO_POSITIONS);
      count += records.length;
      const position = positions.find((one) => one.topic === topic && one.partition === partition);
      if (!position) continue;
      position.offset = nextOffset;
      position.end = highWatermark;
    }
    return count;
  }
}
