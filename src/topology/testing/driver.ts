import { StreamsError } from '../errors.ts';
import type { Topology } from '../graph/topology.ts';
import type { ConsumedRecord, Headers, ProducedRecord } from '../record.ts';
import { CommitLoop } from '../task/commit-loop.ts';
import { createTaskRuntime } from '../task/runtime.ts';
import type { StagedBatch } from '../task/stage.ts';
import { Task } from '../task/task.ts';

export interface DriverOptions {
  /** Wall clock at the start, ms since the epoch; it moves by `advanceWallClock` alone. Default: the system's clock, moving by itself. */
  readonly initialWallClockMs?: number;
  /** Bound of what records hold at once, bytes. */
  readonly memoryBudgetBytes?: number;
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

/**
 * Runs a topology without a broker, as Kafka Streams' TopologyTestDriver does: all of it as one task with one partition,
 * committed after each record, records to its own topics fed back at once. It is the very task that runs on a broker:
 * asynchronous work runs ahead when several records are piped before the first has ended.
 */
export class TopologyTestDriver {
  readonly #task: Task;
  readonly #loop: CommitLoop;
  readonly #sources: ReadonlySet<string>;
  readonly #offsets = new Map<string, number>();
  readonly #outputs = new Map<string, ProducedRecord[]>();
  readonly #piped = new Map<string, Piped>();
  #wallClockMs: number | undefined;
  #failure: unknown;

  constructor(topology: Topology, options: DriverOptions = {}) {
    this.#wallClockMs = options.initialWallClockMs;
    const nodes = topology.subTopologies.flatMap((sub) => sub.nodes);
    this.#sources = new Set(nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])));
    const runtime = createTaskRuntime([{ id: 0, name: 'driver', nodes }], {
      memoryBudgetBytes: options.memoryBudgetBytes ?? 256 * 1024 * 1024,
      nowMs: () => this.#nowMs(),
      maxStagedRecords: 1,
      maxStagedBytes: Number.POSITIVE_INFINITY,
      maxTaskIdleMs: 0,
    });
    this.#task = new Task({
      id: '0_0',
      nodes,
      runtime,
      partitions: [...this.#sources].map((topic) => ({ topic, partition: 0, startOffset: 0 })),
      onStaged: () => this.#loop.notify(),
      onFailure: (error) => this.#fail(error),
      onSkipped: (record) => this.#finish(record.topic, record.offset),
    });
    this.#loop = new CommitLoop({
      task: this.#task,
      committer: { commit: async (batch) => this.#deliver(batch) },
      commitIntervalMs: 0,
      nowMs: () => this.#nowMs(),
      onCommitted: () => {},
      onSinkTrouble: () => {},
    });
  }

  /**
   * Puts a record in. Settles when its turn is over and that of all it caused through the topology's own topics; rejects
   * with the error that failed the task. Records piped without waiting run ahead, their effects stay in order.
   */
  pipe({ topic, key, value, timestamp = this.#nowMs(), headers = [] }: PipedRecord): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#sources.has(topic)) {
      const known = [...this.#sources].join(', ');
      return Promise.reject(
        new StreamsError(
          'TOPIC_UNKNOWN',
          'fail',
          `the topology reads no topic '${topic}'; it reads ${known}`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const piped = { open: 0, resolve, reject };
      this.#feed(this.#place({ topic, key, value, timestamp, headers }, piped));
    });
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

  /** Moves the wall clock. */
  async advanceWallClock(ms: number): Promise<void> {
    this.#wallClockMs = this.#nowMs() + ms;
    this.#task.pump();
  }

  /** Ends the task; records that are under way are dropped. */
  async close(): Promise<void> {
    this.#task.drop();
    this.#loop.stop();
    await this.#loop.ended;
  }

  #nowMs(): number {
    return this.#wallClockMs ?? Date.now();
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

  #feed(record: ConsumedRecord): void {
    this.#task.push([record]);
  }

  /** The commit of one record: outputs become readable, those to topics that are read here are fed back. */
  #deliver(batch: StagedBatch): void {
    for (const { topic, to } of batch.positions) {
      const piped = this.#piped.get(`${topic}@${to - 1}`);
      const back: ConsumedRecord[] = [];
      for (const output of batch.outputs) {
        const known = this.#outputs.get(output.topic);
        if (known) known.push(output);
        else this.#outputs.set(output.topic, [output]);
        const { key, value, timestamp, headers } = output;
        if (this.#sources.has(output.topic))
          back.push(this.#place({ topic: output.topic, key, value, timestamp, headers }, piped));
      }
      for (const record of back) this.#feed(record);
      this.#finish(topic, to - 1);
    }
  }

  #finish(topic: string, offset: number): void {
    const key = `${topic}@${offset}`;
    const piped = this.#piped.get(key);
    this.#piped.delete(key);
    if (piped && --piped.open === 0) piped.resolve();
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#loop.stop();
    for (const { reject } of this.#piped.values()) reject(error);
    this.#piped.clear();
  }
}
