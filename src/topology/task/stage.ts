import type { OffsetRange, SinkRecord } from '../external-sink.ts';
import type { ExternalSinkSpec } from '../graph/nodes.ts';
import type { ConsumedRecord, ProducedRecord } from '../record.ts';
import type { StoreWrite } from '../stores/bytes.ts';

/** Effects of a run of turns, whole turns only, with the positions that follow the last of them. */
export interface StagedBatch {
  readonly outputs: readonly ProducedRecord[];
  readonly external: ReadonlyMap<ExternalSinkSpec, readonly SinkRecord[]>;
  /** The last write to each row, in the order in which these happened. */
  readonly writes: readonly StoreWrite[];
  /**
   * Per topic and partition, from where the last batch ended to behind the last record whose turn is over. Empty when all
   * that happened was a punctuation.
   */
  readonly positions: readonly OffsetRange[];
  /** Records whose turn is over, those left out included. */
  readonly records: number;
  readonly bytes: number;
  /** Stream time of the task after the last turn, ms; -1 before its first record. */
  readonly streamTimeMs: number;
  /** The named clocks after the last turn, ms. */
  readonly clocks: ReadonlyMap<string, number>;
  /** By `<topic>-<partition>`: the highest record time seen there, ms. Partitions without a record are left out. */
  readonly partitionTimesMs: ReadonlyMap<string, number>;
}

/** What the stage itself knows of a batch; the rest are the clocks'. */
export type StagedEffects = Omit<StagedBatch, 'streamTimeMs' | 'clocks'>;

/** What an output record costs beside its bytes: an object, offsets, a header list. */
const RECORD_OVERHEAD_BYTES = 100;

function sizeOf(record: ProducedRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers.length === 0) return bytes;
  for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0);
  return bytes;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  from: number;
  to: number;
  timeMs: number;
}

/** A place in the stage: everything before it is left when it is rolled back to. */
interface Mark {
  outputs: number;
  external: number;
  writes: number;
  bytes: number;
}

const start = (): Mark => ({ outputs: 0, external: 0, writes: 0, bytes: 0 });

export interface StageStart {
  readonly topic: string;
  readonly partition: number;
  /** From where it is read. */
  readonly startOffset: number;
  /** The highest record time seen before, ms; -1: none. */
  readonly timeMs: number;
}

/**
 * Collects the effects of turns. What a turn adds before it is over stays behind when the batch is taken, so a commit never
 * ends within a record.
 */
export class Stage {
  #outputs: ProducedRecord[] = [];
  #external: { readonly sink: ExternalSinkSpec; readonly record: SinkRecord }[] = [];
  #writes: StoreWrite[] = [];
  readonly #positions: Position[];
  /** That of the last record: mostly the next one's too. */
  #latest: Position | undefined;
  #turns = 0;
  #records = 0;
  #bytes = 0;
  /** How much of the above belongs to turns that are over, and what a failed turn goes back to. */
  readonly #closed = start();
  readonly #marked = start();

  constructor(starts: readonly StageStart[]) {
    this.#positions = starts.map(({ topic, partition, startOffset, timeMs }) => ({
      topic,
      partition,
      from: startOffset,
      to: startOffset,
      timeMs,
    }));
  }

  /** Turns that are over and wait for a commit. */
  get turns(): number {
    return this.#turns;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the turn at hand has added anything. */
  get touched(): boolean {
    const { outputs, external, writes } = this.#closed;
    return this.#outputs.length > outputs || this.#external.length > external || this.#writes.length > writes;
  }

  /** Adds an output of the turn. */
  produce(record: ProducedRecord): void {
    this.#outputs.push(record);
    this.#bytes += sizeOf(record);
  }

  /** Adds a write to a sink outside Kafka. */
  write(sink: ExternalSinkSpec, record: SinkRecord): void {
    this.#external.push({ sink, record });
    this.#bytes += RECORD_OVERHEAD_BYTES;
  }

  /** Adds a write to a store. */
  store(write: StoreWrite): void {
    this.#writes.push(write);
    this.#bytes += RECORD_OVERHEAD_BYTES + write.key.length + (write.value?.length ?? 0);
  }

  /** What comes from here on can be rolled back by itself. */
  mark(): void {
    this.#remember(this.#marked);
  }

  /** Forgets what was added since the mark, or since the last turn was over; rows that time has expired stay expired. */
  rollback(): void {
    this.#outputs.length = this.#marked.outputs;
    this.#external.length = this.#marked.external;
    const expiries = this.#writes.splice(this.#marked.writes).filter((write) => write.dropsBelow);
    this.#bytes = this.#marked.bytes;
    for (const write of expiries) this.store(write);
    this.mark();
  }

  /** The turn is over: its effects join the batch, the offset of its record, if it had one, becomes part of the position. */
  close(record: ConsumedRecord | undefined, timeMs: number): void {
    this.#turns++;
    this.#remember(this.#closed);
    this.#remember(this.#marked);
    if (!record) return;
    this.#records++;
    const { topic, partition, offset } = record;
    let position = this.#latest;
    if (position?.partition !== partition || position.topic !== topic) {
      position = this.#positions.find((p) => p.partition === partition && p.topic === topic);
      this.#latest = position;
    }
    if (!position) return;
    position.to = offset + 1;
    if (timeMs > position.timeMs) position.timeMs = timeMs;
  }

  take(): StagedEffects {
    const { outputs, external, writes, bytes } = this.#closed;
    const openOutputs = this.#outputs.splice(outputs);
    const openExternal = this.#external.splice(external);
    const openWrites = this.#writes.splice(writes);
    const moved = this.#positions.filter(({ from, to }) => to > from);
    const batch = {
      outputs: this.#outputs,
      external: bySink(this.#external),
      writes: lastOfEachRow(this.#writes),
      positions: moved.map(({ topic, partition, from, to }) => ({ topic, partition, from, to })),
      records: this.#records,
      bytes,
      partitionTimesMs: new Map(
        this.#positions.flatMap(({ topic, partition, timeMs }) =>
          timeMs < 0 ? [] : [[`${topic}-${partition}`, timeMs] as const],
        ),
      ),
    };
    this.#outputs = openOutputs;
    this.#external = openExternal;
    this.#writes = openWrites;
    for (const position of moved) position.from = position.to;
    this.#turns = 0;
    this.#records = 0;
    this.#bytes -= bytes;
    for (const mark of [this.#marked, this.#closed]) {
      mark.outputs -= outputs;
      mark.external -= external;
      mark.writes -= writes;
      mark.bytes -= bytes;
    }
    return batch;
  }

  #remember(mark: Mark): void {
    mark.outputs = this.#outputs.length;
    mark.external = this.#external.length;
    mark.writes = this.#writes.length;
    mark.bytes = this.#bytes;
  }
}

function bySink(
  writes: readonly { readonly sink: ExternalSinkSpec; readonly record: SinkRecord }[],
): ReadonlyMap<ExternalSinkSpec, readonly SinkRecord[]> {
  const result = new Map<ExternalSinkSpec, SinkRecord[]>();
  for (const { sink, record } of writes) {
    const batch = result.get(sink);
    if (batch) batch.push(record);
    else result.set(sink, [record]);
  }
  return result;
}

/** A batch is committed whole, so of a row that was written often only the last state matters. */
function lastOfEachRow(writes: readonly StoreWrite[]): readonly StoreWrite[] {
  if (writes.length < 2) return writes;
  const last = new Map<string, Map<string, number>>();
  for (const [index, { store, key, dropsBelow }] of writes.entries()) {
    const rows = last.get(store) ?? new Map<string, number>();
    if (rows.size === 0) last.set(store, rows);
    rows.set(dropsBelow ? 'expiry' : `row ${key.toString('latin1')}`, index);
  }
  return [...last.values()]
    .flatMap((rows) => [...rows.values()])
    .toSorted((a, b) => a - b)
    .flatMap((index) => writes[index] ?? []);
}
