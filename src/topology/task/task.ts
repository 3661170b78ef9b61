import { StreamsError } from '../errors.ts';
import type { NodeSpec, Processor, ProcessorContext } from '../graph/nodes.ts';
import type { ConsumedRecord, StreamRecord } from '../record.ts';
import type { AsyncGate } from './async-gate.ts';
import { runWork } from './async-work.ts';
import type { Holding } from './byte-budget.ts';
import {
  type CompiledAsync,
  type CompiledGraph,
  type CompiledNode,
  type CompiledProcess,
  type CompiledSource,
  compile,
  instantiate,
} from './compile.ts';
import { Execution, type ExecutionHost } from './execution.ts';
import { inputBytesOf, RecordQueues } from './record-queues.ts';
import type { TaskRuntime } from './runtime.ts';
import { Stage, type StagedBatch } from './stage.ts';
import { Turn, type TurnHost } from './turn.ts';

/** Records chosen and not yet past their turn, at the most; the byte budget is the real bound for anything large. */
const MAX_BUFFERED_RECORDS = 1_000;

export interface TaskOptions {
  /** For messages: `0_3`, sub-topology and partition. */
  readonly id: string;
  readonly nodes: readonly NodeSpec[];
  readonly runtime: TaskRuntime;
  /** The partitions that this task reads, and from where. */
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly startOffset: number;
  }[];
  /** Something was staged, or a full stage was taken: the commit loop looks again. */
  readonly onStaged: () => void;
  /** The task cannot go on; it is dropped already. */
  readonly onFailure: (error: unknown) => void;
  /** A record was left out for its negative timestamp, as Kafka Streams does. */
  readonly onSkipped?: (record: ConsumedRecord) => void;
  /** What the topology's own topics are called where it runs. Default: as in the topology. */
  readonly topicNames?: { logical(topic: string): string; physical(topic: string): string };
}

/**
 * One copy of a sub-topology, fed by one partition of each of its topics. Asynchronous work of many records runs at once,
 * ahead of its turn and without effects; effects happen in a record's turn, in the order in which records were chosen,
 * and are staged until a commit takes those of whole records. Knows no Kafka.
 *
 * ```
 * queues ── choose (earliest timestamp) ──► reorder buffer ── turn of the head ──► stage ── take() ──► a commit
 *                                             work of all runs ahead
 * ```
 */
export class Task implements ExecutionHost, TurnHost {
  readonly id: string;
  readonly graph: CompiledGraph;
  readonly turn: Turn;
  readonly #options: TaskOptions;
  readonly #runtime: TaskRuntime;
  readonly #queues: RecordQueues;
  readonly #processors: Map<CompiledNode, Processor>;
  readonly #stage: Stage;
  readonly #lost = new AbortController();
  /** The reorder buffer: chosen records, the head first. */
  #buffer: (Execution | undefined)[] = [];
  #headAt = 0;
  #streamTimeMs = -1;
  #inputBytes = 0;
  #choosing = true;
  #pumping = false;
  dropped = 0;

  constructor(options: TaskOptions) {
    this.id = options.id;
    this.#options = options;
    this.#runtime = options.runtime;
    this.graph = compile(options.nodes);
    this.turn = new Turn(this, this.graph.nodes);
    this.#stage = new Stage(options.partitions);
    this.#queues = new RecordQueues({
      partitions: options.partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        node: this.#sourceOf(topic),
      })),
      budget: options.runtime.budget,
      nowMs: options.runtime.nowMs,
      maxTaskIdleMs: options.runtime.maxTaskIdleMs,
      onSkipped: (record) => this.#skip(record),
      onIdle: () => this.pump(),
    });
    this.#processors = instantiate(this.graph, (node) => this.#contextFor(node));
  }

  get alive(): boolean {
    return !this.#lost.signal.aborted;
  }

  /** Chosen records whose turn is not over. */
  get buffered(): number {
    return this.#buffer.length - this.#headAt;
  }

  /** Records read and not yet chosen. */
  get queued(): number {
    return this.#queues.length;
  }

  /** Bytes of what was read, from intake to turn. */
  get inputBytes(): number {
    return this.#inputBytes;
  }

  /** Staged for the next commit. */
  get staged(): { readonly records: number; readonly bytes: number } {
    return this.#stage;
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  get stageFull(): boolean {
    return (
      this.#stage.records >= this.#runtime.maxStagedRecords ||
      this.#stage.bytes >= this.#runtime.maxStagedBytes
    );
  }

  /** Takes in records of one partition, in offset order, and starts what can start. */
  push(records: readonly ConsumedRecord[]): void {
    if (!this.alive) return;
    this.#inputBytes += this.#queues.push(records);
    this.pump();
  }

  /** Chooses records into the buffer and takes the turns that are due, until neither is possible. */
  pump(): void {
    if (this.#pumping || !this.alive) return;
    this.#pumping = true;
    try {
      const before = this.#stage.records;
      while (this.alive && (this.#takeTurn() || this.#choose()));
      if (this.#stage.records > before) this.#options.onStaged();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#pumping = false;
    }
  }

  /** Hands over the effects of all records whose turn is over. */
  take(): StagedBatch {
    const batch = this.#stage.take();
    queueMicrotask(() => this.pump());
    return batch;
  }

  /** Chooses nothing more; what is in the buffer goes on to its turn. */
  drain(): void {
    this.#choosing = false;
  }

  /** Ends the task without a commit: aborts its work, gives back its bytes. What it staged is void. */
  drop(): void {
    if (!this.alive) return;
    this.#lost.abort(new StreamsError('TASK_LOST', 'fail', `task ${this.id} is no longer run here`));
    this.#queues.clear();
    for (const execution of this.#buffer) execution?.holding.release();
    this.#buffer = [];
    this.#headAt = 0;
    for (const processor of this.#processors.values()) processor.close?.();
  }

  fail(error: unknown): void {
    if (!this.alive) return;
    this.drop();
    this.#options.onFailure(error);
  }

  #sourceOf(topic: string): CompiledSource {
    const logical = this.#options.topicNames?.logical(topic) ?? topic;
    const source = this.graph.sources.find((node) => node.spec.topics.includes(logical));
    if (!source) throw new Error(`task ${this.id} has no source for ${topic}`);
    return source;
  }

  // ---- turns ----

  #takeTurn(): boolean {
    const head = this.#buffer[this.#headAt];
    if (!head?.ready || this.stageFull) return false;
    this.#beginTurn(head.source, head.timestamp);
    if (!head.perform()) return false;
    this.#endTurn(head.source, head.holding);
    this.#buffer[this.#headAt++] = undefined;
    if (this.#headAt === this.#buffer.length || this.#headAt > 1024) {
      this.#buffer.splice(0, this.#headAt);
      this.#headAt = 0;
    }
    if (this.#buffer.length > 0) this.#headChanged();
    return true;
  }

  #beginTurn(source: ConsumedRecord, timestamp: number): void {
    this.#streamTimeMs = Math.max(this.#streamTimeMs, timestamp);
    this.turn.begin(source);
  }

  #endTurn(source: ConsumedRecord, holding: Holding): void {
    this.#stage.close(source);
    this.#inputBytes -= inputBytesOf(source);
    holding.release();
  }

  /** The new head may pass gates and overdraw the budget. */
  #headChanged(): void {
    for (const node of this.graph.async) this.#gate(node).poke();
    this.#runtime.budget.poke();
  }

  // ---- choosing ----

  #choose(): boolean {
    if (!this.#choosing || this.buffered >= MAX_BUFFERED_RECORDS || this.stageFull) return false;
    if (
      this.buffered > 0 &&
      this.graph.async.some((node) => this.#gate(node).waiting >= node.operator.concurrency)
    )
      return false;
    const next = this.#queues.next();
    if (!next) return false;
    if (this.buffered > 0 || next.node.ahead) {
      this.#buffer.push(new Execution(this, next));
      return true;
    }
    // nothing of it runs ahead and nobody is before it: its turn is now
    this.#beginTurn(next.source, next.record.timestamp);
    this.turn.run(next.node, next.record);
    this.#endTurn(next.source, next.holding);
    return true;
  }

  #skip(source: ConsumedRecord): void {
    this.dropped++;
    this.#inputBytes -= inputBytesOf(source);
    this.#options.onSkipped?.(source);
  }

  // ---- what executions ask for ----

  startWork(
    execution: Execution,
    node: CompiledAsync,
    record: StreamRecord,
    done: (value: unknown) => void,
  ): void {
    const isHead = () => this.#buffer[this.#headAt] === execution || (this.buffered === 0 && this.alive);
    runWork(execution, node, record, { gate: this.#gate(node), signal: this.#lost.signal, isHead }).then(
      (value) => {
        if (!this.alive) return;
        try {
          done(value);
        } catch (error) {
          this.fail(error);
        }
      },
      (error) => this.fail(error),
    );
  }

  settled(): void {
    this.pump();
  }

  processor(node: CompiledProcess): Processor {
    const processor = this.#processors.get(node);
    if (!processor) throw new Error(`${node.name} has no instance in task ${this.id}`);
    return processor;
  }

  stageOutput(node: CompiledNode & { kind: 'sink' }, record: StreamRecord, source: ConsumedRecord): void {
    const { topic: to, serializeKey, serializeValue, partitioner } = node.spec;
    const topic = typeof to === 'string' ? to : to.extract(record.key, record.value, source);
    const produced = {
      topic: this.#options.topicNames?.physical(topic) ?? topic,
      key: serializeKey(topic, record.key),
      value: serializeValue(topic, record.value),
      timestamp: record.timestamp,
      headers: record.headers,
    };
    const choosePartition =
      partitioner && ((partitions: number) => partitioner(record.key, record.value, partitions));
    this.#stage.produce(choosePartition ? { ...produced, choosePartition } : produced);
  }

  stageWrite(
    node: CompiledNode & { kind: 'external-sink' },
    record: StreamRecord,
    source: ConsumedRecord,
  ): void {
    this.#stage.write(node.spec, { ...record, context: source });
  }

  #gate(node: CompiledAsync): AsyncGate {
    const gate = this.#runtime.gates.get(node.name);
    if (!gate) throw new Error(`no gate for ${node.name}`);
    return gate;
  }

  #contextFor(node: CompiledProcess): ProcessorContext {
    return {
      forward: (record, child) => {
        if (!this.turn.forward)
          throw new StreamsError(
            'FORWARD_OUT_OF_TURN',
            'fail',
            `${node.name} called forward() outside process(): effects happen in a record's turn`,
          );
        this.turn.forward(record, child);
      },
      currentStreamTimeMs: () => this.#streamTimeMs,
      currentSystemTimeMs: () => this.#runtime.nowMs(),
      recordMetadata: () => {
        if (!this.turn.source)
          throw new StreamsError(
            'NO_RECORD_IN_TURN',
            'fail',
            `${node.name} asked for recordMetadata() outside process()`,
          );
        return this.turn.source;
      },
    };
  }
}
