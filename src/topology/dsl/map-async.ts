import { availableParallelism } from 'node:os';
import type { GraphDraft } from '../graph/draft.ts';
import type { AsyncContext, Operator } from '../graph/nodes.ts';
import type { Erased } from './erase.ts';
import type { AsyncFunction, AsyncOptions } from './options.ts';

function check(draft: GraphDraft, name: string, concurrency: number, timeoutMs: number | undefined): void {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    draft.problem(
      `mapAsync "${name}": concurrency must be a whole number of at least 1, or 'cores'; got ${concurrency}`,
    );
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
    draft.problem(`mapAsync "${name}": timeoutMs must be more than 0 ms; got ${timeoutMs}`);
  }
}

export function mapAsync<K, V, V2, R>(
  draft: GraphDraft,
  name: string,
  fn: AsyncFunction<K, V, V2>,
  options: AsyncOptions<K, V, V2, R>,
): Operator {
  const { timeoutMs } = options;
  const concurrency = options.concurrency === 'cores' ? availableParallelism() : options.concurrency;
  check(draft, name, concurrency, timeoutMs);
  const erased: Erased<[value: unknown, key: unknown, context: AsyncContext], Promise<unknown>> = fn;
  const recover: Erased<[error: unknown, value: unknown, key: unknown], unknown> | undefined =
    options.recover;
  const sizeOf: Erased<[value: unknown], number> | undefined = options.sizeOf;
  return {
    kind: 'async',
    fn: erased,
    concurrency,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(recover && { recover }),
    ...(sizeOf && { sizeOf }),
  };
}
