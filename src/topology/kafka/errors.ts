import { StreamsError } from '../errors.ts';
import { refusalOf } from './refusals.ts';

/** KafkaJS' name for what went wrong, from the protocol where there is one: `INVALID_PRODUCER_EPOCH`. */
export function errorType(error: unknown): string {
  for (let e: unknown = error; e instanceof Error; e = Reflect.get(e, 'originalError') ?? e.cause) {
    const type: unknown = Reflect.get(e, 'type');
    if (typeof type === 'string') return type;
  }
  return error instanceof Error ? error.name : 'UNKNOWN';
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
const FATAL = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
]);

/** Whether trying again cannot help, by the error's type. */
export const isFatal = (type: string): boolean => FATAL.has(type);

/** A commit whose outcome is unknown: the task is dropped and acquired anew, from what Kafka has. */
export class CommitError extends Error {
  readonly type: string;
  /** Another producer has taken the transactional id: this process may no longer be a member. */
  readonly fenced: boolean;
  /** Trying again cannot help. */
  readonly fatal: boolean;

  /** @param again whether the task, taken over anew, will meet the cause where it can be handled */
  constructor(taskId: string, cause: unknown, again = false) {
    const type = errorType(cause);
    super(
      `task ${taskId} could not commit: ${type}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.name = 'CommitError';
    this.type = type;
    this.fenced = FENCED.has(type);
    this.fatal = isFatal(type) && !again;
  }
}

/** The brokers did not answer in the time that requests have, or did not let us in: then the error says so (`fail`). */
export function unreachable(brokers: readonly string[], cause: unknown): StreamsError {
  const refusal = refusalOf(cause, { brokers });
  if (refusal) return refusal;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StreamsError(
    'KAFKA_UNREACHABLE',
    'retry',
    `no Kafka broker answers at ${brokers.join(', ')} (${why}). Check that it runs, and that KAFKA_BROKERS and KAFKA_SECURITY_PROTOCOL are right`,
    { cause },
  );
}
