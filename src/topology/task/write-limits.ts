import { StreamsError } from '../errors.ts';
import type { ProducedRecord } from '../record.ts';

/** What the brokers take on a topic. */
export interface TopicLimits {
  /** `max.message.bytes`: of a batch, so also of a record that is one alone. */
  readonly maxBatchBytes: number;
  /** `message.timestamp.after.max.ms`, `…before.max.ms`: how far from the brokers' clock a record may be stamped, ms. */
  readonly maxAheadMs: number;
  readonly maxBehindMs: number;
}

const BATCH_OVERHEAD_BYTES = 61;
/** No record has more beside its key, value and headers. */
const RECORD_OVERHEAD_BYTES = 100;
const HEADER_OVERHEAD_BYTES = 10;

/** Bytes of a zigzag varint. */
function varintBytes(length: number): number {
  let bytes = 1;
  for (let rest = length * 2; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

const prefixed = (length: number | undefined) => (length === undefined ? 1 : varintBytes(length) + length);

/** What a record is on the wire as a batch of its own, without compression, bytes. */
export function batchBytes({ key, value, headers }: ProducedRecord): number {
  let body = 3 + prefixed(key?.length) + prefixed(value?.length) + varintBytes(headers.length);
  for (const [name, bytes] of headers) body += prefixed(Buffer.byteLength(name)) + prefixed(bytes?.length);
  return BATCH_OVERHEAD_BYTES + varintBytes(body) + body;
}

/** What is known of the topics that a process writes to, asked before a record joins a batch that would fail as a whole. */
export class WriteLimits {
  readonly #byTopic = new Map<string, TopicLimits>();
  #leastBatchBytes = Number.POSITIVE_INFINITY;
  #leastAheadMs = Number.POSITIVE_INFINITY;
  #leastBehindMs = Number.POSITIVE_INFINITY;
  /** Whoever is stamped no later than this is not too far ahead; moves with the clock. */
  #surelyNotAheadMs = Number.NEGATIVE_INFINITY;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The smallest limit of any topic, bytes. */
  get leastBatchBytes(): number {
    return this.#leastBatchBytes;
  }

  set(topic: string, limits: TopicLimits): void {
    this.#byTopic.set(topic, limits);
    const all = [...this.#byTopic.values()];
    this.#leastBatchBytes = Math.min(...all.map(({ maxBatchBytes }) => maxBatchBytes));
    this.#leastAheadMs = Math.min(...all.map(({ maxAheadMs }) => maxAheadMs));
    this.#leastBehindMs = Math.min(...all.map(({ maxBehindMs }) => maxBehindMs));
    this.#surelyNotAheadMs = Number.NEGATIVE_INFINITY;
  }

  /** Why the brokers would refuse a record for good, as far as is known: RECORD_TOO_LARGE, RECORD_TIME_REFUSED. */
  problem(record: ProducedRecord): StreamsError | undefined {
    const { key, value, headers, timestamp } = record;
    let atMost = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, bytes] of headers)
      atMost += HEADER_OVERHEAD_BYTES + name.length * 3 + (bytes?.length ?? 0);
    const timeInDoubt = timestamp > this.#surelyNotAheadMs || this.#leastBehindMs < Number.POSITIVE_INFINITY;
    if (atMost <= this.#leastBatchBytes && !timeInDoubt) return undefined;
    const nowMs = this.#nowMs();
    this.#surelyNotAheadMs = nowMs + this.#leastAheadMs;
    const limits = this.#byTopic.get(record.topic);
    return limits && (sizeProblem(record, limits) ?? timeProblem(record, limits, nowMs));
  }
}

function sizeProblem(record: ProducedRecord, { maxBatchBytes }: TopicLimits): StreamsError | undefined {
  const bytes = batchBytes(record);
  if (bytes <= maxBatchBytes) return undefined;
  return new StreamsError(
    'RECORD_TOO_LARGE',
    'fail',
    `a record of ${bytes} bytes is too large for the topic ${record.topic}, whose max.message.bytes is ${maxBatchBytes}. What to do: raise it ` +
      `(kafka-configs.sh --alter --entity-type topics --entity-name ${record.topic} --add-config max.message.bytes=…), make the record smaller, or ` +
      'let the production handler answer "dead-letter" or "continue"',
  );
}

function timeProblem(
  { topic, timestamp }: ProducedRecord,
  { maxAheadMs, maxBehindMs }: TopicLimits,
  nowMs: number,
): StreamsError | undefined {
  const ahead = timestamp > nowMs + maxAheadMs;
  if (!ahead && timestamp >= nowMs - maxBehindMs) return undefined;
  const [setting, limit] = ahead ? ['after', maxAheadMs] : ['before', maxBehindMs];
  return new StreamsError(
    'RECORD_TIME_REFUSED',
    'fail',
    `the topic ${topic} takes no record stamped ${timestamp}: its message.timestamp.${setting}.max.ms is ${limit}, and it is ${nowMs} now. What ` +
      'to do: raise it, refuse such records where they are read (maxFutureMs), or let the production handler answer "dead-letter" or "continue"',
  );
}
