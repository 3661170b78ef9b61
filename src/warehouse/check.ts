import type { Connection } from './connection.ts';

/** An event of the topic, as far as the check needs it. */
export interface TopicEvent {
  readonly offset: number;
  readonly eventId: string;
  readonly revision: number;
  /** When it was written, ms since the epoch. */
  readonly timestampMs: number;
}

/** What was compared of one partition: offsets from `from` up to, not including, `to`. */
export interface PartitionReport {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  /** Events with their row. */
  readonly loaded: number;
  /** Events whose row came with another offset of the same event and revision. */
  readonly repeats: number;
  /** Events without a row that are so new that they may be on their way. */
  readonly pending: number;
  /** Events without a row. */
  readonly missing: number;
  /** Rows at offsets where the topic has no such event. */
  readonly unknown: number;
}

export interface CheckReport {
  /** Nothing is missing, double or unknown. */
  readonly agree: boolean;
  readonly partitions: readonly PartitionReport[];
  /** Events and revisions with more than one row. */
  readonly double: number;
  /** The first differences, a line each. */
  readonly examples: readonly string[];
}

type Counts = { -readonly [K in keyof PartitionReport]: number };

const MAX_EXAMPLES = 20;
const IDS_PER_QUERY = 500;

const keyOf = (eventId: string, revision: number) => `${eventId} ${revision}`;

/** Compares the events of the topic, a stretch after another, with the rows that are loaded. Memory: one stretch. */
export class WarehouseCheck {
  readonly #connection: Connection;
  readonly #pendingSinceMs: number;
  readonly #partitions = new Map<number, Counts>();
  readonly #examples: string[] = [];

  /** `pendingSinceMs`: events written at that time or later may be on their way. */
  constructor(connection: Connection, options: { readonly pendingSinceMs: number }) {
    this.#connection = connection;
    this.#pendingSinceMs = options.pendingSinceMs;
  }

  begin(partition: number, from: number): void {
    const counts = { events: 0, loaded: 0, repeats: 0, pending: 0, missing: 0, unknown: 0 };
    this.#partitions.set(partition, { partition, from, to: from, ...counts });
  }

  /** All events of `partition` from where the last stretch ended up to, not including, `to`, in their order. */
  async compare(partition: number, to: number, events: readonly TopicEvent[]): Promise<void> {
    const counts = this.#partitions.get(partition);
    if (!counts) throw new Error(`the check of partition ${partition} has not begun`);
    const rows = await this.#connection.query<{ place: string; event_id: string; revision: number }>(
      'SELECT stats_offset AS place, event_id, revision FROM darkroom.image_stats ' +
        'WHERE stats_partition = $1 AND stats_offset >= $2 AND stats_offset < $3',
      [partition, counts.to, to],
    );
    const loaded = new Map(rows.map((row) => [Number(row.place), keyOf(row.event_id, row.revision)]));
    const unfound: TopicEvent[] = [];
    for (const event of events) {
      if (loaded.get(event.offset) !== keyOf(event.eventId, event.revision)) unfound.push(event);
      else {
        loaded.delete(event.offset);
        counts.loaded++;
      }
    }
    for (const [offset, key] of loaded)
      this.#example(
        `partition ${partition} offset ${offset}: a row of ${key}, which the topic does not have there`,
      );
    counts.unknown += loaded.size;
    counts.events += events.length;
    counts.to = to;
    await this.#judge(counts, unfound);
  }

  /** Events without a row at their place: repeats, on their way, or missing. */
  async #judge(counts: Counts, events: readonly TopicEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += IDS_PER_QUERY) {
      const some = events.slice(at, at + IDS_PER_QUERY);
      const rows = await this.#connection.query<{ event_id: string; revision: number }>(
        `SELECT event_id, revision FROM darkroom.image_stats WHERE event_id IN (${some.map((_, i) => `$${i + 1}`)})`,
        some.map(({ eventId }) => eventId),
      );
      const known = new Set(rows.map((row) => keyOf(row.event_id, row.revision)));
      for (const { offset, eventId, revision, timestampMs } of some) {
        if (known.has(keyOf(eventId, revision))) counts.repeats++;
        else if (timestampMs >= this.#pendingSinceMs) counts.pending++;
        else {
          counts.missing++;
          this.#example(`partition ${counts.partition} offset ${offset}: no row of event ${eventId}`);
        }
      }
    }
  }

  async finish(): Promise<CheckReport> {
    const partitions = [...this.#partitions.values()].sort((a, b) => a.partition - b.partition);
    const double = await this.#doubles(partitions);
    const different = partitions.reduce((sum, { missing, unknown }) => sum + missing + unknown, double);
    return { agree: different === 0, partitions, double, examples: this.#examples };
  }

  async #doubles(partitions: readonly PartitionReport[]): Promise<number> {
    if (partitions.length === 0) return 0;
    const checked = partitions.map(
      ({ partition, from, to }) =>
        `(stats_partition = ${partition} AND stats_offset >= ${from} AND stats_offset < ${to})`,
    );
    const rows = await this.#connection.query<{ event_id: string; revision: number; copies: string }>(
      'SELECT event_id, revision, COUNT(*) AS copies FROM darkroom.image_stats ' +
        `WHERE ${checked.join(' OR ')} GROUP BY event_id, revision HAVING COUNT(*) > 1`,
    );
    for (const { event_id, revision, copies } of rows)
      this.#example(`event ${event_id} revision ${revision}: ${copies} rows`);
    return rows.length;
  }

  #example(line: string): void {
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push(line);
  }
}
