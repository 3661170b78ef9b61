import { sinkNeedsOffsets } from '../graph/fenced-sinks.ts';
import type { Cancellable, DropReason, GlobalStores, Processor, PunctuationType } from '../graph/nodes.ts';
import type { ConsumedRecord, RecordContext, StreamRecord } from '../record.ts';
import type { AsyncGate } from './async-gate.ts';
import { runWork } from './async-work.ts';
import {
  type CompiledAsync,
  type CompiledGraph,
  type CompiledNode,
  type CompiledProcess,
  fencedSinkBelow,
  instantiate,
} from './compile.ts';
import type { Effects } from './effects.ts';
import type { Failure } from './error-handlers.ts';
import { AheadFailure, Execution, type ExecutionHost, type TurnCause } from './execution.ts';
import type { Failures } from './failures.ts';
import { Outputs } from './outputs.ts';
import { type ContextHost, processorContext } from './processor-context.ts';
import { Punctuations } from './punctuations.ts';
import type { Head } from './record-queue.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { Retries } from './retries.ts';
import type { TaskRuntime } from './runtime.ts';
import { punctuationContext, Turn, type TurnHost } from './turn.ts';

export interface TurnsOptions {
  readonly id: string;
  readonly graph: CompiledGraph;
  readonly runtime: TaskRuntime;
  readonly effects: Effects;
  readonly failures: Failures;
  readonly taskTimeoutMs: number;
  readonly physical: (topic: string) => string;
  /** Fires when the task is lost. */
  readonly lost: AbortSignal;
  /** Something that was waited for is there. */
  readonly onReady: () => void;
  readonly onOver: (source: ConsumedRecord) => void;
  /** Wall-clock punctuations have run (true), or another one was scheduled. */
  readonly onScheduled: (ran: boolean) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The turns of a task, one after another: records in the order in which they were chosen, and punctuations between them. */
export class Turns implements ExecutionHost, TurnHost, ContextHost {
  readonly turn: Turn;
  readonly effects: Effects;
  readonly runtime: TaskRuntime;
  readonly globals: GlobalStores;
  readonly punctuations = new Punctuations();
  /** Records left out, by why. */
  readonly droppedBy = new Map<DropReason, number>();
  readonly #options: TurnsOptions;
  readonly #outputs: Outputs;
  #processors: ReadonlyMap<CompiledNode, Processor> = new Map();
  readonly #idleListeners: { node: CompiledProcess; advance: (streamTimeMs: number) => void }[] = [];
  readonly #buffer = new ReorderBuffer();
  readonly #retries: Retries;
  /** The head's turn has begun. */
  #begun = false;

  constructor(options: TurnsOptions) {
    const { graph, runtime, effects, failures, physical, taskTimeoutMs } = options;
    this.#options = options;
    this.effects = effects;
    this.runtime = runtime;
    this.globals = runtime.globals;
    this.turn = new Turn(this, graph.nodes, runtime.globals);
    this.#outputs = new Outputs({
      stage: effects.stage,
      failures,
      limits: runtime.limits,
      physical,
      countDropped: (reason) => this.countDropped(reason),
    });
    this.#retries = new Retries(taskTimeoutMs);
  }

  /** Makes the processors, which may schedule punctuations at once. */
  start(): void {
    this.#processors = instantiate(this.#options.graph, (node) => processorContext(node, this));
  }

  /** Turns that are not over. */
  get length(): number {
    return this.#buffer.length;
  }

  /** Whether the head's turn has begun and is not over: it goes on, however full the stage is. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether some `mapAsync` has a whole round of calls waiting: more records would only wait too. */
  get gatesFull(): boolean {
    return this.#options.graph.async.some((node) => this.#gate(node).waiting >= node.operator.concurrency);
  }

  /** Puts a turn at the end of the line; its asynchronous work begins. */
  add(cause: TurnCause): void {
    const turn = new Execution(this, cause);
    cause.begin(turn);
    this.#buffer.push(turn);
  }

  /** A turn that time alone has caused. */
  addTime(clock: PunctuationType, timestamp: number): void {
    this.add({
      source: undefined,
      timestamp,
      clock,
      holding: this.runtime.budget.hold(0),
      begin: (turn) => {
        if (clock === 'wall-clock-time') return;
        for (const { node, advance } of this.#idleListeners) turn.call(node, () => advance(timestamp));
      },
    });
  }

  addRecord({ source, node, record, holding }: Head): void {
    this.add({
      source,
      timestamp: record.timestamp,
      clock: 'stream-time',
      holding,
      begin: (turn) => turn.start(node, record),
    });
  }

  /** The turn of a record of which nothing runs ahead, when nobody is before it: at once, without a place in the line. */
  runNow(head: Head): void {
    const { source, node, record } = head;
    const { clocks } = this.effects;
    if (record.timestamp > clocks.streamTimeMs) clocks.streamTimeMs = record.timestamp;
    this.turn.begin(source, record.timestamp);
    try {
      this.turn.run(node, record);
    } catch (error) {
      this.addRecord(head); // nothing of it runs ahead: it has only a place now
      this.#begun = true;
      this.#failed(error);
      return;
    }
    if (!this.punctuations.isDue('stream-time', clocks.streamTimeMs)) {
      this.effects.close(source, record.timestamp);
      head.holding.release();
      this.#options.onOver(source);
      return;
    }
    this.#begun = true;
    this.add({
      source,
      timestamp: record.timestamp,
      clock: 'stream-time',
      holding: head.holding,
      begin: () => {},
    });
  }

  /** Takes the head's turn, as far as it goes. False: there is none, or it waits for something. */
  take(): boolean {
    const head = this.#buffer.head;
    if (!head?.ready) return false;
    this.#begun = true;
    try {
      this.#resume(head);
      if (!this.#perform(head)) return false;
    } catch (error) {
      return this.#failed(error);
    }
    this.#end(head.cause);
    return true;
  }

  /** Ends all turns without effects, and the processors. */
  drop(): void {
    this.#buffer.clear();
    this.punctuations.clear();
    for (const processor of this.#processors.values()) processor.close?.();
  }

  #resume({ cause, context }: Execution): void {
    const { clocks } = this.effects;
    if (cause.clock === 'stream-time' && cause.timestamp > clocks.streamTimeMs)
      clocks.streamTimeMs = cause.timestamp;
    if (cause.source && context === cause.source) this.turn.begin(cause.source, cause.timestamp);
    else this.turn.beginPunctuation(context);
  }

  /** What its cause has begun, then the punctuations that are due. False: it waits for asynchronous work. */
  #perform(head: Execution): boolean {
    const { clock } = head.cause;
    const nowMs = this.#timeOf(head.cause);
    for (;;) {
      if (!head.perform()) return false;
      if (head.punctuation) this.punctuations.again(clock, head.punctuation, nowMs, false);
      const punctuation = this.punctuations.takeDue(clock, nowMs);
      head.punctuation = punctuation;
      if (!punctuation) return true;
      this.effects.mark();
      head.context = punctuationContext(nowMs);
      this.turn.beginPunctuation(head.context);
      head.call(punctuation.node, () => punctuation.punctuate(nowMs));
    }
  }

  /** Up to where punctuations are due in a turn. */
  #timeOf({ clock, timestamp }: TurnCause): number {
    return clock === 'stream-time' ? this.effects.clocks.streamTimeMs : timestamp;
  }

  #end({ source, timestamp, clock, holding, letter }: TurnCause): void {
    if (letter) this.effects.stage.produce(letter);
    if (source) this.effects.close(source, timestamp);
    else this.effects.closePunctuation();
    holding.release();
    this.#begun = false;
    this.#retries.clear();
    this.#buffer.shift();
    if (source) this.#options.onOver(source);
    if (clock === 'wall-clock-time') this.#options.onScheduled(true);
    if (this.#buffer.length > 0) this.#headChanged();
  }

  /** The new head may pass gates and overdraw the budget. */
  #headChanged(): void {
    for (const node of this.#options.graph.async) this.#gate(node).poke();
    this.runtime.budget.poke();
  }

  // ---- failures ----

  /** Takes back what the head has done since the mark and asks what becomes of it. False: it waits to be tried again. */
  #failed(thrown: unknown): boolean {
    const head = this.#buffer.head;
    if (!head) throw thrown;
    const { failures } = this.#options;
    const { cause, punctuation } = head;
    const ahead = thrown instanceof AheadFailure;
    const failure: Failure = {
      record: punctuation ? undefined : cause.source,
      error: ahead ? thrown.error : thrown,
      node: ahead ? thrown.node : (this.turn.failedAt(thrown) ?? 'unknown'),
    };
    this.effects.rollback();
    const rest = new Execution(this, cause);
    const again = (sameTime: boolean) => {
      if (punctuation) this.punctuations.again(cause.clock, punctuation, this.#timeOf(cause), sameTime);
    };
    switch (failures.processing(failure)) {
      case 'fail':
        throw failure.error;
      case 'retry':
        again(true);
        this.#buffer.replaceHead(rest);
        this.#retryLater(rest, failure, punctuation === undefined);
        return false;
      case 'dead-letter':
        this.effects.stage.produce(failures.letter(failure));
        this.countDropped('dead-letter');
        break;
      case 'continue':
        this.countDropped('failed');
    }
    again(false);
    this.effects.mark();
    this.#buffer.replaceHead(rest);
    return true;
  }

  #retryLater(turn: Execution, { error, node }: Failure, fromStart: boolean): void {
    const { source } = turn.cause;
    const what = source
      ? `${source.topic}-${source.partition}@${source.offset} in ${node}`
      : `the punctuation of ${node}`;
    const timeUp = this.#retries.timeUp(error, what);
    if (timeUp) throw timeUp;
    const release = turn.hold();
    this.#retries.pause(this.#options.lost).then(() => {
      if (fromStart) turn.cause.begin(turn);
      release();
    }, this.#options.onFailure);
  }

  // ---- what executions and processors ask for ----

  startWork(
    execution: Execution,
    node: CompiledAsync,
    record: StreamRecord,
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
  ): void {
    const { lost, taskTimeoutMs, onFailure } = this.#options;
    const isHead = () => this.#buffer.head === execution || (this.length === 0 && !lost.aborted);
    const unlessLost = (settle: () => void) => {
      if (lost.aborted) return;
      try {
        settle();
      } catch (error) {
        onFailure(error);
      }
    };
    runWork(execution, node, record, { gate: this.#gate(node), signal: lost, isHead, taskTimeoutMs }).then(
      (value) => unlessLost(() => done(value)),
      (error) => unlessLost(() => failed(error)),
    );
  }

  settled(): void {
    this.#options.onReady();
  }

  processor(node: CompiledProcess): Processor {
    const processor = this.#processors.get(node);
    if (!processor) throw new Error(`${node.name} has no instance in task ${this.#options.id}`);
    return processor;
  }

  stageOutput(node: CompiledNode & { kind: 'sink' }, record: StreamRecord, context: RecordContext): void {
    this.#outputs.produce(node, record, context, this.turn.source);
  }

  stageWrite(
    node: CompiledNode & { kind: 'external-sink' },
    record: StreamRecord,
    context: RecordContext,
  ): void {
    this.#outputs.write(node, record, context);
  }

  schedule(
    node: CompiledProcess,
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    const sink = fencedSinkBelow(node);
    if (sink !== undefined) throw sinkNeedsOffsets(sink, node.name);
    const firstMs = type === 'stream-time' ? 0 : this.runtime.nowMs() + intervalMs;
    const cancellable = this.punctuations.schedule(type, firstMs, { node, intervalMs, punctuate });
    if (type === 'wall-clock-time') this.#options.onScheduled(false);
    return cancellable;
  }

  onStreamTime(node: CompiledProcess, advance: (streamTimeMs: number) => void): void {
    this.#idleListeners.push({ node, advance });
  }

  countDropped(reason: DropReason): void {
    this.droppedBy.set(reason, (this.droppedBy.get(reason) ?? 0) + 1);
  }

  #gate(node: CompiledAsync): AsyncGate {
    const gate = this.runtime.gates.get(node.name);
    if (!gate) throw new Error(`no gate for ${node.name}`);
    return gate;
  }
}
