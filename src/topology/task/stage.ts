import type { OffsetRange, SinkRecord } from '../external-sink.ts';
import type { ExternalSinkSpec } from '../graph/nodes.ts';
import type { ConsumedRecord, ProducedRecord } from '../record.ts';

/** Effects of a run of records, whole records only, with the positions that follow the last of them. */
export interface StagedBatch {
  readonly outputs: readonly ProducedRecord[];
  readonly external: ReadonlyMap<ExternalSinkSpec, readonly SinkRecord[]>;
  /** Per topic and partition, from where the last batch ended to behind the last record whose turn is over. */
  readonly positions: readonly OffsetRange[];
  readonly records: number;
  readonly bytes: number;
}

/** What an output record costs beside its bytes: an object, offsets, a header list. */
const RECORD_OVERHEAD_BYTES = 100;

function sizeOf(record: ProducedRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers.length === 0) return bytes;
  for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0);
  return bytes;
}

type Position = { topic: string; partition: number; from: number; to: number };

/**
 * Collects the effects of records in their turns. What a record adds before its turn is over stays behind when the batch
 * is taken, so a commit never ends within a record.
 */
export class Stage {
  #outputs: ProducedRecord[] = [];
  #external: { readonly sink: ExternalSinkSpec; readonly record: SinkRecord }[] = [];
  readonly #positions: Position[];
  #records = 0;
  #bytes = 0;
  /** How much of the above belongs to records whose turn is over. */
  #closedOutputs = 0;
  #closedExternal = 0;
  #closedBytes = 0;

  /** @param starts where each partition is read from */
  constructor(
    starts: readonly { readonly topic: string; readonly partition: number; readonly startOffset: number }[],
  ) {
    this.#positions = starts.map(({ topic, partition, startOffset }) => ({
      topic,
      partition,
      from: startOffset,
      to: startOffset,
    }));
  }

  /** Records whose turn is over and that wait for a commit. */
  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an output of the record in turn. */
  produce(record: ProducedRecord): void {
    this.#outputs.push(record);
    this.#bytes += sizeOf(record);
  }

  /** Adds a write of the record in turn. */
  write(sink: ExternalSinkSpec, record: SinkRecord): void {
    this.#external.push({ sink, record });
    this.#bytes += RECORD_OVERHEAD_BYTES;
  }

  /** The turn of `record` is over: its effects join the batch, its offset becomes part of the position. */
  close(record: ConsumedRecord): void {
    this.#records++;
    this.#closedOutputs = this.#outputs.length;
    this.#closedExternal = this.#external.length;
    this.#closedBytes = this.#bytes;
    const { topic, partition, offset } = record;
    const position = this.#positions.find((p) => p.partition === partition && p.topic === topic);
    if (position) position.to = offset + 1;
  }

  take(): StagedBatch {
    const bytes = this.#closedBytes;
    const openOutputs = this.#outputs.splice(this.#closedOutputs);
    const openExternal = this.#external.splice(this.#closedExternal);
    const bySink = new Map<ExternalSinkSpec, SinkRecord[]>();
    for (const { sink, record } of this.#external) {
      const batch = bySink.get(sink);
      if (batch) batch.push(record);
      else bySink.set(sink, [record]);
    }
    const moved = this.#positions.filter(({ from, to }) => to > from);
    const batch = {
      outputs: this.#outputs,
      external: bySink,
      positions: moved.map((position) => ({ ...position })),
      records: this.#records,
      bytes,
    };
    this.#outputs = openOutputs;
    this.#external = openExternal;
    for (const position of moved) position.from = position.to;
    this.#records = 0;
    this.#bytes -= bytes;
    this.#closedOutputs = 0;
    this.#closedExternal = 0;
    this.#closedBytes = 0;
    return batch;
  }
}
