import { StreamsError } from '../errors.ts';
import type { GlobalTableSpec, Processor } from '../graph/nodes.ts';
import type { ConsumedRecord } from '../record.ts';
import type { StoreWrite, TaskStorage } from '../stores/bytes.ts';
import { Overlay } from '../stores/overlay.ts';
import type { StateStore } from '../stores/types.ts';
import { Clocks } from './clocks.ts';

/** A table that this process reads whole, from all partitions of its topic. It has no task, and its topic is its changelog. */
export class GlobalTable {
  readonly spec: GlobalTableSpec;
  readonly store: StateStore;
  readonly #storage: TaskStorage;
  readonly #overlay: Overlay;
  readonly #processor: Processor;
  readonly #clocks = new Clocks(-1, new Map());
  #source: ConsumedRecord | undefined;
  #writes: StoreWrite[] = [];

  /** @param storage holds its rows, and nothing else of that name */
  constructor(spec: GlobalTableSpec, storage: TaskStorage, nowMs: () => number) {
    const { name } = spec.store;
    this.spec = spec;
    this.#storage = storage;
    this.#overlay = new Overlay(storage.rows(name), (key, value, dropsBelow) => {
      const timestamp = this.#source?.timestamp ?? -1;
      this.#writes.push({ store: name, key, value, timestamp, ...(dropsBelow && { dropsBelow }) });
    });
    this.store = spec.store.open({ bytes: this.#overlay, clock: this.#clocks.get(name) });
    this.#processor = spec.processor.supplier();
    this.#processor.init?.({
      forward: () => this.#onlyStores('forward'),
      schedule: () => this.#onlyStores('schedule'),
      onStreamTime: () => this.#onlyStores('onStreamTime'),
      currentStreamTimeMs: () => this.#clocks.streamTimeMs,
      currentSystemTimeMs: nowMs,
      recordMetadata: () => {
        if (this.#source) return this.#source;
        throw new StreamsError(
          'NO_RECORD_IN_TURN',
          'fail',
          `${spec.processor.name} asked for recordMetadata() outside process()`,
        );
      },
      getStateStore: (handle) => {
        if (handle.name === name) return handle.narrow(this.store);
        throw new StreamsError(
          'STORE_UNKNOWN',
          'fail',
          `${spec.processor.name} fills the global table "${name}" and may use no other store, asked for "${handle.name}"`,
        );
      },
      clock: (clock) => this.#clocks.get(clock),
      dropped: () => {},
    });
  }

  /**
   * Takes records of its topic over, all or none. Throws what a serde throws.
   * @param positions per store, see TaskStorage.apply
   */
  update(records: readonly ConsumedRecord[], positions: ReadonlyMap<string, number>): void {
    try {
      for (const record of records) this.#process(record);
      this.#storage.apply(this.#writes, positions);
    } finally {
      this.#writes = [];
      this.#source = undefined;
      this.#overlay.forget(this.#overlay.sequence);
    }
  }

  #process(source: ConsumedRecord): void {
    const { deserializeKey, deserializeValue } = this.spec.source;
    const { topic, headers, timestamp } = source;
    const key = deserializeKey(topic, source.key);
    const value = deserializeValue(topic, source.value);
    this.#source = source;
    this.#clocks.streamTimeMs = Math.max(this.#clocks.streamTimeMs, timestamp);
    this.#processor.process({ key, value, timestamp, headers });
  }

  #onlyStores(call: string): never {
    throw new StreamsError(
      'GLOBAL_TABLE_ONLY_STORES',
      'fail',
      `${this.spec.processor.name} called ${call}(): the processor of a global table has no task, it only writes to its store`,
    );
  }
}
