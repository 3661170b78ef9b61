// The services Darkroom stands on, started on this machine: one interface, whoever provides them.
import { startNativeStack } from './native/provider.ts';
import type { Stack, StackOptions } from './types.ts';

export type * from './types.ts';

const providers = { native: startNativeStack } satisfies Record<
  string,
  (options: StackOptions) => Promise<Stack>
>;

/**
 * Starts the parts side by side and resolves when all are healthy. When this process ends, in whatever way, the parts
 * end too. Errors are `StackError`s that say what is missing and what to do; nothing is left behind by them.
 */
export function startStack(options: StackOptions & { provider?: keyof typeof providers }): Promise<Stack> {
  return providers[options.provider ?? 'native'](options);
}
