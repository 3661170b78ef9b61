import type { StoreSpec, StoreWrite, TaskStorage } from '../stores/bytes.ts';
import { Overlay } from '../stores/overlay.ts';
import type { StateStore } from '../stores/types.ts';
import type { Clocks } from './clocks.ts';
import type { StagedBatch } from './stage.ts';

export interface TaskStoresOptions {
  readonly specs: readonly StoreSpec[];
  readonly storage: TaskStorage | undefined;
  readonly clocks: Clocks;
  /** Whether turns may be rolled back: what they overwrite is remembered then. */
  readonly undoable: boolean;
  readonly onWrite: (write: Omit<StoreWrite, 'timestamp'>) => void;
}

interface Opened {
  readonly overlay: Overlay;
  readonly store: StateStore;
  /** The overlay's sequence when the last turn was over. */
  closedSequence: number;
}

/** The stores of a task: what is put lies in overlays until its commit has succeeded, then in the storage. */
export class TaskStores {
  readonly #storage: TaskStorage | undefined;
  readonly #opened = new Map<string, Opened>();
  readonly #all: Opened[] = [];
  /** Per batch that is being committed, up to where the overlays belong to it. */
  readonly #taken = new Map<StagedBatch, readonly number[]>();
  readonly #undo: { readonly overlay: Overlay; readonly key: Buffer; readonly value: Buffer | null }[] = [];
  #undoing = false;
  #takenBack = 0;

  constructor({ specs, storage, clocks, undoable, onWrite }: TaskStoresOptions) {
    this.#storage = storage;
    for (const spec of specs) {
      if (!storage) throw new Error(`the store ${spec.name} needs a storage`);
      const overlay = new Overlay(storage.rows(spec.name), (key, value, dropsBelow) => {
        if (!this.#undoing) onWrite({ store: spec.name, key, value, ...(dropsBelow && { dropsBelow }) });
      });
      const bytes = undoable ? this.#remembering(overlay) : overlay;
      const store = spec.open({ bytes, clock: clocks.get(spec.name) });
      const opened = { overlay, store, closedSequence: 0 };
      this.#opened.set(spec.name, opened);
      this.#all.push(opened);
    }
  }

  get(name: string): StateStore | undefined {
    return this.#opened.get(name)?.store;
  }

  /** What is not in the storage yet, bytes. */
  get overlayBytes(): number {
    let bytes = 0;
    for (const { overlay } of this.#all) bytes += overlay.sizeBytes;
    return bytes;
  }

  mark(): void {
    this.#undo.length = 0;
  }

  /** Puts back what was there at the mark. */
  rollback(): void {
    this.#undoing = true;
    for (const { overlay, key, value } of this.#undo.toReversed()) overlay.put(key, value);
    this.#undoing = false;
    this.#undo.length = 0;
    this.#takenBack++;
  }

  /** The turn is over. */
  close(): void {
    if (this.#undo.length > 0) this.#undo.length = 0;
    for (const opened of this.#all) opened.closedSequence = opened.overlay.sequence;
  }

  take(batch: StagedBatch): void {
    this.#taken.set(
      batch,
      this.#all.map(({ closedSequence }) => closedSequence),
    );
  }

  /** The batch is durable elsewhere: from now on its rows are the storage's. */
  committed(batch: StagedBatch, positions: ReadonlyMap<string, number>): void {
    const sequences = this.#taken.get(batch);
    if (!sequences) throw new Error('a batch is committed that was not taken, or twice');
    this.#taken.delete(batch);
    if (batch.writes.length === 0 && positions.size === 0) return;
    this.#storage?.apply(batch.writes, positions);
    for (const [index, { overlay }] of this.#all.entries()) overlay.forget(sequences[index] ?? 0);
  }

  #remembering(overlay: Overlay) {
    const takenBack = () => this.#takenBack;
    return {
      get takenBack() {
        return takenBack();
      },
      maxKeyBytes: overlay.maxKeyBytes,
      get: (key: Buffer) => overlay.get(key),
      range: (from: Buffer | null, to: Buffer | null, reverse?: boolean) => overlay.range(from, to, reverse),
      put: (key: Buffer, value: Buffer | null) => {
        this.#undo.push({ overlay, key, value: overlay.get(key) });
        overlay.put(key, value);
      },
      dropBelow: (key: Buffer) => overlay.dropBelow(key),
    };
  }
}
