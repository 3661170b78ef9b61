import { type Disposition, StreamsError } from '../errors.ts';
import type { StreamRecord } from '../record.ts';
import type { AsyncGate } from './async-gate.ts';
import type { CompiledAsync } from './compile.ts';
import type { Execution } from './execution.ts';
import { Retries } from './retries.ts';

/** What one call of a `mapAsync` function runs with. */
export interface WorkOptions {
  readonly gate: AsyncGate;
  /** Fires when the task is lost or closed. */
  readonly signal: AbortSignal;
  /** Whether the record is at the head of its task now. */
  readonly isHead: () => boolean;
  /** How long one call may be tried again and again, ms. */
  readonly taskTimeoutMs: number;
}

function dispositionOf(error: unknown): Disposition {
  return error instanceof StreamsError ? error.disposition : 'fail';
}

/** Waits for the gate, then calls the function until it gives a value; rejects with the task's signal or what cannot be recovered. */
export async function runWork(
  execution: Execution,
  node: CompiledAsync,
  record: StreamRecord,
  options: WorkOptions,
): Promise<unknown> {
  const { gate, signal, isHead, taskTimeoutMs } = options;
  const { holding } = execution.cause;
  const retries = new Retries(taskTimeoutMs);
  await gate.enter(isHead, signal);
  try {
    for (;;) {
      try {
        const value = await attemptOnce(execution, node, record, options);
        holding.setExtra(node.operator.sizeOf?.(value) ?? 0);
        return value;
      } catch (error) {
        signal.throwIfAborted();
        const mayRetry = dispositionOf(error) === 'retry';
        const timeUp = mayRetry ? retries.timeUp(error, node.name) : undefined;
        if (mayRetry && !timeUp) {
          gate.retries++;
          gate.retrying.set(execution, error instanceof Error ? error.message : String(error));
          await retries.pause(signal);
          continue;
        }
        const final = timeUp ?? error;
        if (!node.operator.recover) throw final;
        const value = node.operator.recover(final, record.value, record.key);
        holding.setExtra(node.operator.sizeOf?.(value) ?? 0);
        return value;
      }
    }
  } finally {
    gate.retrying.delete(execution);
    gate.leave();
  }
}

async function attemptOnce(
  execution: Execution,
  node: CompiledAsync,
  record: StreamRecord,
  { signal, isHead }: WorkOptions,
): Promise<unknown> {
  const { topic, partition, offset, timestamp, headers } = execution.context;
  const { fn, timeoutMs } = node.operator;
  const attempt = new AbortController();
  const onLost = () => attempt.abort(signal.reason);
  signal.addEventListener('abort', onLost, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () =>
            attempt.abort(
              new StreamsError(
                'TIMEOUT',
                'fail',
                `${node.name} took longer than ${timeoutMs} ms for ${topic}-${partition}@${offset}`,
              ),
            ),
          timeoutMs,
        );
  const ended = Promise.withResolvers<never>();
  attempt.signal.addEventListener('abort', () => ended.reject(attempt.signal.reason), { once: true });
  const reserve = (bytes: number) => execution.cause.holding.reserve(bytes, isHead, attempt.signal);
  try {
    signal.throwIfAborted();
    const work = fn(record.value, record.key, {
      topic,
      partition,
      offset,
      timestamp,
      headers,
      signal: attempt.signal,
      reserve,
    });
    return await Promise.race([work, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onLost);
  }
}
