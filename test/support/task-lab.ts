// A task on a broker that is a model: what is committed survives, and nothing else. A scheduler decides the order in which
// asynchronous work, fetches and commits end; a plan decides how much is done at once, and which commits are lost.
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import fc from 'fast-check';
import type { SubTopology } from '../../src/topology/graph/topology.ts';
import { CommitPlan } from '../../src/topology/kafka/commit-plan.ts';
import { toWrites } from '../../src/topology/kafka/restore.ts';
import type { ConsumedRecord, ProducedRecord } from '../../src/topology/record.ts';
import type { StoreSpec, TaskStorage } from '../../src/topology/stores/bytes.ts';
import { MemoryStorage } from '../../src/topology/stores/memory-storage.ts';
import { CommitLoop } from '../../src/topology/task/commit-loop.ts';
import { createTaskRuntime } from '../../src/topology/task/runtime.ts';
import type { StagedBatch } from '../../src/topology/task/stage.ts';
import { Task } from '../../src/topology/task/task.ts';

/**
 * What becomes of a commit: it is made; it is lost, the task with it; it is made and the task does not hear of it; the same, and the
 * disk is lost too.
 */
type Outcome = 'made' | 'lost' | 'unheard' | 'disk-lost';

export interface Plan {
  readonly maxStagedRecords: number;
  readonly maxStagedBytes: number;
  readonly maxOverlayBytes: number;
  readonly chunk: number;
  /** In turn, then all are made. */
  readonly outcomes: readonly Outcome[];
}

export const plans: fc.Arbitrary<Plan> = fc.record({
  maxStagedRecords: fc.integer({ min: 1, max: 5 }),
  maxStagedBytes: fc.constantFrom(1, 1_000_000),
  maxOverlayBytes: fc.constantFrom(1, 600, 1_000_000),
  chunk: fc.integer({ min: 1, max: 5 }),
  outcomes: fc.array(fc.constantFrom<Outcome>('made', 'made', 'lost', 'unheard', 'disk-lost'), {
    maxLength: 6,
  }),
});

/** Makes the topology of one life; `work` ends when the scheduler says so. */
export type Build = (work: () => Promise<void>) => SubTopology;

/** What survives a crash: the topics, changelogs among them, the group's offset, and the state folder. */
class World {
  readonly outputs: ProducedRecord[] = [];
  storage: TaskStorage = new MemoryStorage();
  position = 0;
  batch: StagedBatch | undefined;
  readonly #stores: readonly StoreSpec[];
  readonly #changelogs = new Map<string, ConsumedRecord[]>();
  readonly #plan: CommitPlan;

  constructor(stores: readonly StoreSpec[]) {
    this.#stores = stores;
    this.#plan = new CommitPlan({ partition: 0, stores, changelogOf: (store) => store });
  }

  /** A transaction: all of it or nothing. */
  commit(batch: StagedBatch): ReadonlyMap<string, number> {
    const names = new Set(this.#stores.map(({ name }) => name));
    for (const record of this.#plan.records(batch)) {
      if (!names.has(record.topic)) this.outputs.push(record);
      else this.#append(record);
    }
    this.position = batch.positions[0]?.to ?? this.position;
    this.batch = batch;
    return new Map(this.#stores.map(({ name }) => [name, this.#changelog(name).length]));
  }

  /** Only the tail of each changelog, from where the storage misses records. */
  restore(): void {
    for (const store of this.#stores) {
      const records = this.#changelog(store.name);
      const writes = toWrites(store, records.slice(this.storage.position(store.name) ?? 0));
      this.storage.apply(writes, new Map([[store.name, records.length]]));
    }
  }

  #changelog(store: string): ConsumedRecord[] {
    const known = this.#changelogs.get(store) ?? [];
    this.#changelogs.set(store, known);
    return known;
  }

  #append({ topic, key, value, timestamp, headers }: ProducedRecord): void {
    const records = this.#changelog(topic);
    records.push({ topic, partition: 0, offset: records.length, key, value, timestamp, headers });
  }
}

/** One life of a task: until it has committed all inputs, or is dropped. */
async function live(
  build: Build,
  given: readonly ConsumedRecord[],
  plan: Plan,
  world: World,
  next: () => Outcome,
  s: fc.Scheduler,
) {
  const part = build(() => s.schedule(Promise.resolve(), 'work'));
  const { nodes, stores } = part;
  const runtime = createTaskRuntime([part], {
    memoryBudgetBytes: 1_000_000,
    nowMs: () => 0,
    maxStagedRecords: plan.maxStagedRecords,
    maxStagedBytes: plan.maxStagedBytes,
    maxOverlayBytes: plan.maxOverlayBytes,
    maxTaskIdleMs: 0,
    clockMoves: false,
  });
  let failure: unknown;
  world.restore();
  const { batch, storage, position } = world;
  const task = new Task({
    id: '0_0',
    nodes,
    runtime,
    stores,
    storage,
    partitions: [{ topic: 'in', partition: 0, startOffset: position }],
    ...(batch && {
      clocks: batch.clocks,
      streamTimeMs: batch.streamTimeMs,
      partitionTimesMs: batch.partitionTimesMs,
    }),
    handlers: { processing: () => 'dead-letter' },
    deadLetterTopic: 'letters',
    onStaged: () => loop.notify(),
    onFailure: (error) => {
      failure = error;
    },
  });
  const crash = () => {
    task.drop();
    loop.stop();
  };
  const loop = new CommitLoop({
    task,
    committer: {
      async commit(taken) {
        await s.schedule(Promise.resolve(), 'commit');
        if (!task.alive) throw new Error('the task was dropped'); // what a fence does
        const outcome = next();
        if (outcome === 'lost') crash();
        const positions = outcome === 'lost' ? new Map<string, number>() : world.commit(taken);
        if (outcome === 'unheard' || outcome === 'disk-lost') crash();
        if (outcome === 'disk-lost') world.storage = new MemoryStorage();
        return positions;
      },
    },
    commitIntervalMs: () => 0,
    nowMs: () => 0,
    onCommitted: () => {},
    onSinkTrouble: () => {},
  });
  const feed = async () => {
    for (let at = position; at < given.length; at += plan.chunk) {
      await s.schedule(Promise.resolve(), 'fetch');
      task.push(given.slice(at, at + plan.chunk));
    }
  };
  void feed();
  while (task.alive && world.position < given.length && failure === undefined) {
    if (s.count() > 0) await s.waitOne();
    await nextMacrotask();
  }
  crash();
  while (s.count() > 0) await s.waitOne();
  await loop.ended;
  if (failure !== undefined) throw failure;
}

/** Runs the records of topic "in" through as many tasks as it takes. Processing errors become letters on "letters". */
export async function runLives(
  build: Build,
  given: readonly ConsumedRecord[],
  plan: Plan,
  s: fc.Scheduler,
): Promise<Pick<World, 'outputs' | 'storage'>> {
  const world = new World(build(async () => {}).stores);
  const outcomes = [...plan.outcomes];
  while (world.position < given.length)
    await live(build, given, plan, world, () => outcomes.shift() ?? 'made', s);
  world.restore();
  return world;
}
