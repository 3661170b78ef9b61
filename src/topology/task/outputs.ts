import { sinkNeedsOffsets } from '../graph/fenced-sinks.ts';
import type { DropReason } from '../graph/nodes.ts';
import type { ConsumedRecord, RecordContext, StreamRecord } from '../record.ts';
import type { CompiledNode } from './compile.ts';
import type { Failures } from './failures.ts';
import type { Stage } from './stage.ts';
import type { WriteLimits } from './write-limits.ts';

export interface OutputsOptions {
  readonly stage: Stage;
  readonly failures: Failures;
  readonly limits: WriteLimits;
  /** What the topology's topics are called where it runs. */
  readonly physical: (topic: string) => string;
  readonly countDropped: (reason: DropReason) => void;
}

/** Puts what reaches the sinks of a task into its stage. */
export class Outputs {
  readonly #options: OutputsOptions;

  constructor(options: OutputsOptions) {
    this.#options = options;
  }

  /** @param source the record in turn; undefined: a punctuation */
  produce(
    { name, spec }: CompiledNode & { kind: 'sink' },
    { key, value, timestamp, headers }: StreamRecord,
    context: RecordContext,
    source: ConsumedRecord | undefined,
  ): void {
    const { stage, physical, limits } = this.#options;
    const { topic: to, partitioner } = spec;
    const topic = typeof to === 'string' ? to : to.extract(key, value, context);
    let bytes: { readonly key: Buffer | null; readonly value: Buffer | null };
    try {
      bytes = { key: spec.serializeKey(topic, key), value: spec.serializeValue(topic, value) };
    } catch (error) {
      this.#refused(name, error, source);
      return;
    }
    const produced = { topic: physical(topic), key: bytes.key, value: bytes.value, timestamp, headers };
    const problem = limits.problem(produced);
    if (problem) {
      this.#refused(name, problem, source);
      return;
    }
    stage.produce(
      partitioner
        ? { ...produced, choosePartition: (partitions: number) => partitioner(key, value, partitions) }
        : produced,
    );
  }

  write(
    { name, spec }: CompiledNode & { kind: 'external-sink' },
    record: StreamRecord,
    context: RecordContext,
  ): void {
    if (context.offset < 0 && spec.sink.fenced) throw sinkNeedsOffsets(name, 'a processor');
    this.#options.stage.write(spec, { ...record, context });
  }

  /** Leaves the output out, or throws: then the whole record fails. */
  #refused(node: string, error: unknown, record: ConsumedRecord | undefined): void {
    const { stage, failures, countDropped } = this.#options;
    const failure = { record, error, node };
    switch (failures.producing(failure)) {
      case 'retry':
      case 'fail':
        throw error;
      case 'dead-letter':
        stage.produce(failures.letter(failure));
        countDropped('dead-letter');
        return;
      case 'continue':
        countDropped('failed');
    }
  }
}
