import type { ConsumedRecord } from '../record.ts';
import type { StoreSpec, TaskStorage } from '../stores/bytes.ts';
import { Clocks } from './clocks.ts';
import { Stage, type StagedBatch } from './stage.ts';
import { TaskStores } from './task-stores.ts';

export interface EffectsOptions {
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly startOffset: number;
  }[];
  readonly storage: TaskStorage | undefined;
  readonly stores: readonly StoreSpec[];
  readonly streamTimeMs: number;
  readonly clocks: ReadonlyMap<string, number>;
  readonly partitionTimesMs: ReadonlyMap<string, number>;
  /** Whether turns may be rolled back. */
  readonly undoable: boolean;
  /** The time that a write to a store gets, ms. */
  readonly nowInTurnMs: () => number;
}

/** All that turns leave behind: outputs, positions, rows and times. They are committed together or not at all. */
export class Effects {
  readonly clocks: Clocks;
  readonly stage: Stage;
  readonly stores: TaskStores;
  #committing = 0;

  constructor(options: EffectsOptions) {
    const { partitions, storage, stores, streamTimeMs, clocks, partitionTimesMs, undoable, nowInTurnMs } =
      options;
    this.clocks = new Clocks(streamTimeMs, clocks);
    this.stage = new Stage(
      partitions.map((start) => ({
        ...start,
        timeMs: partitionTimesMs.get(`${start.topic}-${start.partition}`) ?? -1,
      })),
    );
    this.stores = new TaskStores({
      specs: stores,
      storage,
      clocks: this.clocks,
      undoable,
      onWrite: (write) => this.stage.store({ ...write, timestamp: nowInTurnMs() }),
    });
  }

  /** Batches that were taken and are not committed. */
  get committing(): number {
    return this.#committing;
  }

  /** Whether overlays hold this much, and a commit would change that. */
  overlaysFull(maxBytes: number): boolean {
    return this.stores.overlayBytes >= maxBytes && (this.stage.turns > 0 || this.#committing > 0);
  }

  /** A failure from here on leaves what was done so far. */
  mark(): void {
    this.stage.mark();
    this.stores.mark();
  }

  rollback(): void {
    this.stage.rollback();
    this.stores.rollback();
  }

  /** The turn of a record is over. */
  close(source: ConsumedRecord, timestampMs: number): void {
    this.clocks.close();
    this.stores.close();
    this.stage.close(source, timestampMs);
  }

  /** A turn that no record has caused is over; one without effects leaves nothing to commit. */
  closePunctuation(): void {
    if (!this.stage.touched && !this.clocks.moved) return;
    this.clocks.close();
    this.stores.close();
    this.stage.close(undefined, -1);
  }

  take(): StagedBatch {
    const batch = { ...this.stage.take(), ...this.clocks.snapshot() };
    this.stores.take(batch);
    this.#committing++;
    return batch;
  }

  committed(batch: StagedBatch, positions: ReadonlyMap<string, number>): void {
    this.stores.committed(batch, positions);
    this.#committing--;
  }
}
