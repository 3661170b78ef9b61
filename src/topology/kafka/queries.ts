import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { GlobalStores, StoreHandle } from '../graph/nodes.ts';
import type { SubTopology, Topology } from '../graph/topology.ts';
import type { Serializer } from '../serde.ts';
import type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyWindowStore,
  SessionStore,
  StateStore,
  WindowStore,
} from '../stores/types.ts';
import { viewGroup } from './group-view.ts';
import { partitionOfKey } from './partitioner.ts';
import type { RestoreProgress } from './restore.ts';
import { type AnyReadOnlyStore, type HeldStore, viewOf } from './store-views.ts';
import type { TaskId, TopicNames } from './task-ids.ts';

/** Where a key's rows are. */
export interface KeyOwner {
  readonly partition: number;
  /** `applicationServer` of the instance that has it; undefined: nobody has it just now, or it does not say where it is. */
  readonly server: string | undefined;
  /** Whether this instance has it. */
  readonly here: boolean;
}

/** What is asked of the run of a task. */
interface QueriedRun {
  readonly id: TaskId;
  readonly running: boolean;
  readonly task: { store(name: string): StateStore | undefined } | undefined;
}

export interface QueriesOptions {
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly groupId: string;
  readonly admin: Admin;
  readonly globals: GlobalStores;
  readonly runs: () => readonly QueriedRun[];
  readonly restoring: () => readonly RestoreProgress[];
  readonly widthOf: (topic: string) => number;
}

/** Reads stores from outside of the tasks. What it sees may still be rolled back: it is not waited for the commit. */
export class Queries {
  readonly #options: QueriesOptions;

  constructor(options: QueriesOptions) {
    this.#options = options;
  }

  /**
   * The rows of a store that this instance has: of all its tasks, or of a global table. Throws STORE_UNKNOWN, or STORE_AWAY
   * (`retry`) while one of its tasks is being taken over; so do its rows when a task is given up while they are read.
   */
  store<K, V>(handle: StoreHandle<KeyValueStore<K, V>>): ReadOnlyKeyValueStore<K, V>;
  store<K, V>(handle: StoreHandle<SessionStore<K, V>>): ReadOnlySessionStore<K, V>;
  store<K, V>(handle: StoreHandle<WindowStore<K, V>>): ReadOnlyWindowStore<K, V>;
  store(name: string): AnyReadOnlyStore;
  store(handle: string | StoreHandle<StateStore>): AnyReadOnlyStore {
    const { topology, globals } = this.#options;
    const name = typeof handle === 'string' ? handle : handle.name;
    const narrow = (store: StateStore) => (typeof handle === 'string' ? store : handle.narrow(store));
    const isGlobal = topology.globalTables.some(({ store }) => store.name === name);
    const subTopology = isGlobal ? undefined : this.#subTopologyOf(name);
    const view = viewOf(name, () =>
      subTopology
        ? this.#storesOf(subTopology, name).map(({ store, check }) => ({ store: narrow(store), check }))
        : [{ store: narrow(globals(name)), check: () => {} }],
    );
    if (view) return view;
    throw new StreamsError('STORE_UNKNOWN', 'fail', `the store "${name}" is a buffer, which nobody can ask`);
  }

  /** Which instance has a key's rows. `serialize` as for the store's keys. Throws STORE_UNKNOWN. */
  async metadataForKey<K>(store: string, key: K, serialize: Serializer<K>): Promise<KeyOwner> {
    const { names, admin, groupId, runs, widthOf } = this.#options;
    const subTopology = this.#subTopologyOf(store);
    const topics = names.sourcesOf(subTopology);
    const width = Math.max(...topics.map(widthOf));
    const bytes = serialize(names.changelog(store), key) ?? Buffer.alloc(0); // nobody has rows of null
    const partition = partitionOfKey(bytes, width);
    const here = runs().some(
      ({ id, running }) => running && id.subTopology === subTopology && id.partition === partition,
    );
    const members = await viewGroup(admin, groupId);
    const owner = members?.find(({ assignment }) =>
      topics.some((topic) => assignment[topic]?.includes(partition)),
    );
    return { partition, here, server: owner?.server };
  }

  /** What the stores of this instance have still to read of their changelogs; 0 for those of running tasks. */
  storeLag(): readonly RestoreProgress[] {
    const { runs, restoring } = this.#options;
    const current = runs()
      .filter(({ running }) => running)
      .flatMap(({ id }) =>
        id.subTopology.stores.map(({ name }) => ({ store: name, partition: id.partition, remaining: 0 })),
      );
    return [...current, ...restoring()];
  }

  #subTopologyOf(store: string): SubTopology {
    const found = this.#options.topology.subTopologies.find(({ stores }) =>
      stores.some(({ name }) => name === store),
    );
    if (found) return found;
    throw new StreamsError('STORE_UNKNOWN', 'fail', `the topology has no store "${store}"`);
  }

  #storesOf(subTopology: SubTopology, name: string): HeldStore<StateStore>[] {
    return this.#options
      .runs()
      .filter(({ id }) => id.subTopology === subTopology)
      .map((run) => {
        const { partition } = run.id;
        const store = run.running ? run.task?.store(name) : undefined;
        if (!store) throw storeAway(name, partition, 'is being taken over by this instance');
        const check = () => {
          if (!run.running) throw storeAway(name, partition, 'was given up while its rows were read');
        };
        return { store, check };
      });
  }
}

function storeAway(name: string, partition: number, why: string): StreamsError {
  return new StreamsError(
    'STORE_AWAY',
    'retry',
    `partition ${partition} of the store "${name}" ${why}; ask again in a moment`,
  );
}
