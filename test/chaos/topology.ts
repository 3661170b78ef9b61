// What is attacked: counts, windows and joins whose results do not depend on how partitions interleave.
import { setTimeout as delay } from 'node:timers/promises';
import {
  joinWindows,
  type Serde,
  StreamsBuilder,
  StreamsError,
  type Topology,
  timeWindows,
} from '../../src/topology/index.ts';

export const VARIANTS = ['plain', 'async'] as const;
export type Variant = (typeof VARIANTS)[number];

/** A record of either input. */
export interface Event {
  readonly id: number;
  /** Another key to count by, across partitions. */
  readonly group: string;
  /** Ms since the epoch; the record's own timestamp too. */
  readonly atMs: number;
}

/** Depends on the order of what was folded into it. */
export interface Fold {
  readonly count: number;
  readonly hash: number;
}

export const WINDOW_MS = 10_000;
export const JOIN_MS = 1_000;
/** Nothing is ever late: what is late depends on how partitions interleave. */
const GRACE_MS = 24 * 60 * 60_000;
const MAX_WORK_MS = 8;
const FAILURES = 0.02;

export const emptyFold: Fold = { count: 0, hash: 7 };
export const fold = ({ count, hash }: Fold, value: number): Fold => ({
  count: count + 1,
  hash: (hash * 31 + value) % 1_000_003,
});
/** A table's row may be gone; none of these ever is. */
export const foldText = (of: Fold | null): string => (of ? `${of.count}:${of.hash}` : 'none');

/** Topics of one run, by what they hold. */
export const topicsOf = (run: string) => ({
  left: `${run}-left`,
  right: `${run}-right`,
  echo: `${run}-echo`,
  counts: `${run}-counts-out`,
  windows: `${run}-windows-out`,
  groups: `${run}-groups-out`,
  joined: `${run}-joined-out`,
  chain: `${run}-chain-out`,
});

const text: Serde<string> = {
  serialize: (_topic, value) => Buffer.from(value),
  deserialize: (_topic, bytes) => bytes?.toString() ?? '',
};

function json<T>(): Serde<T> {
  return {
    serialize: (_topic, value) => Buffer.from(JSON.stringify(value)),
    deserialize: (_topic, bytes) => JSON.parse(bytes?.toString() ?? 'null'),
  };
}

const asText = { key: text, value: text };
const folds = json<Fold>();

export function buildTopology(variant: Variant, run: string): Topology {
  const topics = topicsOf(run);
  const builder = new StreamsBuilder();
  const left = builder.stream(topics.left, { key: text, value: json<Event>() });
  switch (variant) {
    case 'plain': {
      left.mapValues(({ id }) => String(id)).to(topics.echo, asText);
      left
        .groupByKey({ key: text, value: json<Event>() })
        .count({ materialized: { as: 'counts', key: text } })
        .toStream()
        .mapValues((count) => String(count))
        .to(topics.counts, asText);
      left
        .groupByKey({ key: text, value: json<Event>() })
        .windowedBy(timeWindows({ sizeMs: WINDOW_MS, graceMs: GRACE_MS }))
        .aggregate(
          () => emptyFold,
          (aggregate: Fold, { id }) => fold(aggregate, id),
          { materialized: { as: 'windows', key: text, value: folds } },
        )
        .toStream((_fold, { key, window }) => `${key}@${window.startMs}`)
        .mapValues((aggregate) => foldText(aggregate))
        .to(topics.windows, asText);
      left
        .groupBy(({ group }) => group, { as: 'groups', key: text, value: json<Event>() })
        .count({ materialized: { as: 'group-counts', key: text } })
        .toStream()
        .mapValues((count) => String(count))
        .to(topics.groups, asText);
      left
        .join(
          builder.stream(topics.right, { key: text, value: json<Event>() }),
          (one: Event, other: Event) => `${one.id}|${other.id}`,
          joinWindows({ beforeMs: JOIN_MS, afterMs: JOIN_MS, graceMs: GRACE_MS }),
          { as: 'pairs', key: text, value: json<Event>(), otherValue: json<Event>() },
        )
        .to(topics.joined, asText);
      break;
    }
    case 'async': {
      const worked = left.mapAsync(unsteady, { as: 'work', concurrency: 16 });
      worked.mapValues(({ id }) => String(id)).to(topics.echo, asText);
      worked
        .groupBy(({ group }) => group, { as: 'groups', key: text, value: json<Event>() })
        .count({ materialized: { as: 'group-counts', key: text } })
        .toStream()
        .mapValues((count) => String(count))
        .to(topics.groups, asText);
      left
        .groupByKey({ key: text, value: json<Event>() })
        .count({ materialized: { as: 'counts', key: text } })
        .toStream()
        .mapAsync(unsteady, { as: 'between', concurrency: 16 })
        .groupByKey({ key: text, value: json<number | null>() })
        .aggregate(
          () => emptyFold,
          (aggregate: Fold, count) => fold(aggregate, Number(count)),
          { materialized: { as: 'chain', key: text, value: folds } },
        )
        .toStream()
        .mapValues((aggregate) => foldText(aggregate))
        .to(topics.chain, asText);
      break;
    }
    default:
      throw new Error(`unknown variant ${variant satisfies never}`);
  }
  return builder.build();
}

/** Takes a while, never the same, and fails now and then. */
async function unsteady<T>(value: T): Promise<T> {
  await delay(Math.random() * MAX_WORK_MS);
  if (Math.random() < FAILURES) throw new StreamsError('CHAOS', 'retry', 'this attempt was meant to fail');
  return value;
}
