import { StreamsError } from '../errors.ts';

/** Where time stands for a task, as of the last record whose turn is over; ms since the epoch, -1 before the first. */
export interface TaskTime {
  readonly streamTimeMs: number;
  readonly clocks: ReadonlyMap<string, number>;
}

/** What is committed with the offset of one partition. */
export interface OffsetMetadata extends TaskTime {
  /** The highest time seen on the partition. */
  readonly partitionTimeMs: number;
}

/** Another one begins the metadata of another version, which is then ignored. */
const VERSION = '1';
/** A broker takes 4,096 bytes (`offset.metadata.max.bytes`). */
const MAX_BYTES = 4_000;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** As text: version, then JSON in which clocks are told by how far they are behind stream time. Throws CLOCKS_TOO_MANY. */
export function encodeOffsetMetadata({ streamTimeMs, partitionTimeMs, clocks }: OffsetMetadata): string {
  const behind = [...clocks].map(([name, timeMs]) => [name, streamTimeMs - timeMs]);
  const text =
    VERSION +
    JSON.stringify({
      t: streamTimeMs,
      p: streamTimeMs - partitionTimeMs,
      ...(behind.length > 0 ? { c: Object.fromEntries(behind) } : {}),
    });
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  throw new StreamsError(
    'CLOCKS_TOO_MANY',
    'fail',
    `the times of ${clocks.size} stores and windowed nodes do not fit into the ${MAX_BYTES} bytes that a broker keeps with an offset. ` +
      'Give them shorter names, or part the sub-topology by a repartition',
  );
}

/** Undefined for what no version of ours has written, or a later one. */
export function decodeOffsetMetadata(text: string | null | undefined): OffsetMetadata | undefined {
  if (!text?.startsWith(`${VERSION}{`)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.slice(VERSION.length));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const streamTimeMs: unknown = Reflect.get(parsed, 't');
  const behindMs: unknown = Reflect.get(parsed, 'p');
  if (!isNumber(streamTimeMs) || !isNumber(behindMs)) return undefined;
  const clocks = new Map<string, number>();
  for (const [name, clockBehindMs] of Object.entries(Reflect.get(parsed, 'c') ?? {}))
    if (isNumber(clockBehindMs)) clocks.set(name, streamTimeMs - clockBehindMs);
  return { streamTimeMs, partitionTimeMs: streamTimeMs - behindMs, clocks };
}

/** The latest of what the partitions of a task were committed with: no time goes back, so the highest is the latest. */
export function latestTime(all: Iterable<TaskTime>): TaskTime {
  let streamTimeMs = -1;
  const clocks = new Map<string, number>();
  for (const one of all) {
    streamTimeMs = Math.max(streamTimeMs, one.streamTimeMs);
    for (const [name, timeMs] of one.clocks) clocks.set(name, Math.max(timeMs, clocks.get(name) ?? -1));
  }
  return { streamTimeMs, clocks };
}
