import type { StoreBuilder } from '../../../src/topology/graph/nodes.ts';
import type { StoreWrite, StreamClock, TaskStorage } from '../../../src/topology/stores/bytes.ts';
import { Overlay } from '../../../src/topology/stores/overlay.ts';
import type { StateStore } from '../../../src/topology/stores/types.ts';

/** A store as a task has it: an overlay over its storage, and commits. */
export interface OpenedStore<S extends StateStore> {
  readonly store: S;
  readonly overlay: Overlay;
  readonly clock: StreamClock;
  /** Everything that was written since it was opened. */
  readonly writes: readonly StoreWrite[];
  /** Hands what is not committed to the storage. */
  commit(): void;
}

export function openStore<S extends StateStore>(
  storage: TaskStorage,
  builder: StoreBuilder<S>,
  clock: StreamClock = clockAt(-1),
): OpenedStore<S> {
  const writes: StoreWrite[] = [];
  let committed = 0;
  const overlay = new Overlay(storage.rows(builder.name), (key, value, dropsBelow) =>
    writes.push({ store: builder.name, key, value, timestamp: 0, dropsBelow }),
  );
  return {
    store: builder.narrow(builder.open({ bytes: overlay, clock })),
    overlay,
    clock,
    writes,
    commit: () => {
      storage.apply(writes.slice(committed), new Map([[builder.name, writes.length]]));
      overlay.forget(overlay.sequence);
      committed = writes.length;
    },
  };
}

export function clockAt(timeMs: number): StreamClock {
  let now = timeMs;
  return {
    get timeMs() {
      return now;
    },
    advance: (to) => {
      now = Math.max(now, to);
    },
  };
}
