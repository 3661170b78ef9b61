import { StreamsError } from '../errors.ts';
import type { DropReason, StoreHandle } from '../graph/nodes.ts';
import type { Topology } from '../graph/topology.ts';
import type { ConsumedRecord, Headers, ProducedRecord } from '../record.ts';
import type { TaskStorage } from '../stores/bytes.ts';
import { MemoryStorage } from '../stores/memory-storage.ts';
import type { StateStore } from '../stores/types.ts';
import { CommitLoop } from '../task/commit-loop.ts';
import type { ErrorHandlers } from '../task/error-handlers.ts';
import { GlobalTable } from '../task/global-table.ts';
import { createTaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { Task } from '../task/task.ts';
import {
  type TestInputOptions,
  TestInputTopic,
  TestOutputTopic,
  type TestTopicOptions,
} from './test-topics.ts';

export interface DriverOptions {
  /** Wall clock at the start, ms since the epoch; it moves by `advanceWallClock` alone. Default: the system's clock, moving by itself. */
  readonly initialWallClockMs?: number;
  /** Bound of what records hold at once, bytes. */
  readonly memoryBudgetBytes?: number;
  /** Where stores keep their rows, also those that were there before; the caller closes it. Default: in memory. */
  readonly storage?: TaskStorage;
  readonly handlers?: ErrorHandlers;
  readonly deadLetterTopic?: string;
  /** See TaskOptions. */
  readonly taskTimeoutMs?: number;
  /** See TaskRuntimeOptions. */
  readonly maxFutureMs?: number;
}

/** A record for a source topic of the topology. */
export interface PipedRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Ms since the epoch; default: the driver's wall clock. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

/** A piped record, and how many records it has caused that are not past their turn. */
interface Piped {
  open: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NO_POSITIONS: ReadonlyMap<string, number> = new Map();

/**
 * Runs a topology without a broker, as Kafka Streams' TopologyTestDriver does: all of it as one task with one partition,
 * committed after each record, records to its own topics fed back at once. It is the very task that runs on a broker:
 * asynchronous work runs ahead when several records are piped before the first has ended.
 */
export class TopologyTestDriver {
  readonly #task: Task;
  readonly #loop: CommitLoop;
  readonly #sources: ReadonlySet<string>;
  readonly #globals: readonly GlobalTable[];
  readonly #ownStorage: TaskStorage | undefined;
  readonly #offsets = new Map<string, number>();
  readonly #outputs = new Map<string, ProducedRecord[]>();
  readonly #piped = new Map<string, Piped>();
  /** Those who wait until all is quiet. */
  #waiting: Omit<Piped, 'open'>[] = [];
  #wallClockMs: number | undefined;
  #failure: unknown;

  constructor(topology: Topology, options: DriverOptions = {}) {
    const { initialWallClockMs, handlers, deadLetterTopic, taskTimeoutMs, maxFutureMs } = options;
    this.#wallClockMs = initialWallClockMs;
    const nodes = topology.subTopologies.flatMap((sub) => sub.nodes);
    const stores = topology.subTopologies.flatMap((sub) => sub.stores);
    this.#sources = new Set(nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])));
    this.#ownStorage = options.storage ? undefined : new MemoryStorage();
    const storage = options.storage ?? this.#ownStorage;
    const nowMs = () => this.#nowMs();
    this.#globals = storage
      ? topology.globalTables.map((table) => new GlobalTable(table, storage, nowMs))
      : [];
    const runtime = createTaskRuntime([{ id: 0, name: 'driver', nodes, stores, copartitioned: [] }], {
      memoryBudgetBytes: options.memoryBudgetBytes ?? 256 * 1024 * 1024,
      nowMs,
      maxStagedRecords: 1,
      maxStagedBytes: Number.POSITIVE_INFINITY,
      maxTaskIdleMs: 0,
      globals: (name) => this.#globalStore(name),
      clockMoves: initialWallClockMs === undefined,
      ...(maxFutureMs !== undefined && { maxFutureMs }),
    });
    this.#task = new Task({
      id: '0_0',
      nodes,
      runtime,
      stores,
      partitions: [...this.#sources].map((topic) => ({ topic, partition: 0, startOffset: 0 })),
      ...(storage && { storage }),
      ...(handlers && { handlers }),
      ...(deadLetterTopic !== undefined && { deadLetterTopic }),
      ...(taskTimeoutMs !== undefined && { taskTimeoutMs }),
      onStaged: () => this.#loop.notify(),
      onFailure: (error) => this.#fail(error),
    });
    this.#loop = new CommitLoop({
      task: this.#task,
      committer: {
        commit: async (batch) => {
          this.#deliver(batch);
          return NO_POSITIONS;
        },
      },
      commitIntervalMs: () => 0,
      nowMs,
      onCommitted: (batch) => this.#committed(batch),
      onSinkTrouble: () => {},
    });
  }

  /**
   * Puts a record in. Settles when its turn is over and that of all it caused through the topology's own topics; rejects
   * with the error that failed the task. Records piped without waiting run ahead, their effects stay in order.
   */
  pipe({ topic, key, value, timestamp = this.#nowMs(), headers = [] }: PipedRecord): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const globals = this.#globals.filter((table) => table.spec.source.topics.includes(topic));
    if (!this.#sources.has(topic) && globals.length === 0) return Promise.reject(this.#unknownTopic(topic));
    return new Promise((resolve, reject) => {
      const piped = { open: 0, resolve, reject };
      const record = this.#place({ topic, key, value, timestamp, headers }, piped);
      for (const table of globals) table.update([record], NO_POSITIONS);
      if (this.#sources.has(topic)) this.#task.push([record]);
      else this.#finish(topic, record.offset);
    });
  }

  /** A topic to write typed records to. */
  inputTopic<K, V>(topic: string, options: TestInputOptions<K, V>): TestInputTopic<K, V> {
    return new TestInputTopic(this, topic, options);
  }

  /** A topic to read typed records from; it takes what `readOutput` would give. */
  outputTopic<K, V>(topic: string, serdes: TestTopicOptions<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(this, topic, serdes);
  }

  /** What was written to `topic` since the last call, in order. */
  readOutput(topic: string): ProducedRecord[] {
    const records = this.#outputs.get(topic) ?? [];
    if (records.length > 0) this.#outputs.set(topic, []);
    return records;
  }

  /** Topics that were ever written to, the topology's own included. */
  outputTopics(): string[] {
    return [...this.#outputs.keys()];
  }

  /**
   * Moves the wall clock once and runs the punctuations that are due by it, each once. Settles when all that came of them is
   * committed, and so is what was piped before.
   */
  advanceWallClock(ms: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#wallClockMs = this.#nowMs() + ms;
    return this.#quietAfter(() => {
      this.#task.punctuateWallClock();
      this.#task.pump();
    });
  }

  /**
   * Moves stream time as an application does whose input stays empty for longer than `idleTimeoutMs`: windows close that end
   * before it, with their grace, and punctuations run. Settles as `advanceWallClock` does.
   */
  advanceStreamTime(timeMs: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return this.#quietAfter(() => this.#task.advanceStreamTime(timeMs));
  }

  /** Records left out so far, by why. */
  get droppedBy(): ReadonlyMap<DropReason, number> {
    return this.#task.droppedBy;
  }

  /** A store, of the topology or of a global table: by name, or typed by the builder that made it. Throws STORE_UNKNOWN. */
  store(name: string): StateStore;
  store<S extends StateStore>(handle: StoreHandle<S>): S;
  store(wanted: string | StoreHandle<StateStore>): StateStore {
    const name = typeof wanted === 'string' ? wanted : wanted.name;
    const store = this.#task.store(name) ?? this.#globalStore(name);
    return typeof wanted === 'string' ? store : wanted.narrow(store);
  }

  /** Ends the task; records that are under way are dropped. Nothing comes out any more. */
  async close(): Promise<void> {
    this.#task.drop();
    this.#loop.stop();
    await this.#loop.ended;
    this.#ownStorage?.close();
  }

  #nowMs(): number {
    return this.#wallClockMs ?? Date.now();
  }

  #globalStore(name: string): StateStore {
    const table = this.#globals.find(({ store }) => store.name === name);
    if (table) return table.store;
    throw new StreamsError('STORE_UNKNOWN', 'fail', `the topology has no store "${name}"`);
  }

  #unknownTopic(topic: string): StreamsError {
    const known = [...this.#sources, ...this.#globals.flatMap(({ spec }) => spec.source.topics)].join(', ');
    return new StreamsError(
      'TOPIC_UNKNOWN',
      'fail',
      `the topology reads no topic '${topic}'; it reads ${known}`,
    );
  }

  /** Gives a record its offset, and notes on whose account it runs. */
  #place(record: Omit<ConsumedRecord, 'partition' | 'offset'>, piped: Piped | undefined): ConsumedRecord {
    const offset = this.#offsets.get(record.topic) ?? 0;
    this.#offsets.set(record.topic, offset + 1);
    if (piped) {
      piped.open++;
      this.#piped.set(`${record.topic}@${offset}`, piped);
    }
    return { ...record, partition: 0, offset };
  }

  /** The commit of one turn: outputs become readable, those to topics that are read here are fed back. */
  #deliver(batch: StagedBatch): void {
    const position = batch.positions[0];
    const piped = position && this.#piped.get(`${position.topic}@${position.to - 1}`);
    for (const output of batch.outputs) {
      const known = this.#outputs.get(output.topic);
      if (known) known.push(output);
      else this.#outputs.set(output.topic, [output]);
    }
    const back = batch.outputs.flatMap(({ topic, key, value, timestamp, headers }) => {
      const tables = this.#globals.filter((table) => table.spec.source.topics.includes(topic));
      if (!this.#sources.has(topic) && tables.length === 0) return [];
      const record = this.#place(
        { topic, key, value, timestamp, headers },
        this.#sources.has(topic) ? piped : undefined,
      );
      for (const table of tables) table.update([record], NO_POSITIONS);
      return this.#sources.has(topic) ? [record] : [];
    });
    if (back.length > 0) this.#task.push(...back.map((record) => [record]));
  }

  #committed(batch: StagedBatch): void {
    for (const { topic, to } of batch.positions) this.#finish(topic, to - 1);
    this.#settleIfQuiet();
  }

  #finish(topic: string, offset: number): void {
    const key = `${topic}@${offset}`;
    const piped = this.#piped.get(key);
    this.#piped.delete(key);
    if (piped && --piped.open === 0) piped.resolve();
  }

  #quietAfter(action: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      action();
      this.#settleIfQuiet();
    });
  }

  #settleIfQuiet(): void {
    if (!this.#task.idle) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#loop.stop();
    for (const { reject } of [...this.#piped.values(), ...this.#waiting]) reject(error);
    this.#piped.clear();
    this.#waiting = [];
  }
}
