// The services Darkroom stands on, started on this machine: one interface, whoever provides them.
import { requireEngine, startContainerStack } from './containers/provider.ts';
import { StackError } from './errors.ts';
import { requireTools } from './native/artefacts.ts';
import { startNativeStack } from './native/provider.ts';
import { COMPONENTS, type ProviderName, type Stack, type StackOptions } from './types.ts';

export type * from './types.ts';

const providers = {
  native: { require: () => requireTools(COMPONENTS), start: startNativeStack },
  containers: { require: requireEngine, start: startContainerStack },
} satisfies Record<
  ProviderName,
  { require: () => Promise<void>; start: (options: StackOptions) => Promise<Stack> }
>;

/** The provider that DARKROOM_STACK names; `native` without it. */
function providerOf(name: string | undefined): ProviderName {
  const known = name || 'native';
  if (known === 'native' || known === 'containers') return known;
  throw new StackError(`DARKROOM_STACK must be native or containers, got ${name}.`);
}

/** Throws a StackError that names all that this machine lacks for a whole stack. */
export function requireStack(provider?: ProviderName): Promise<void> {
  return providers[provider ?? providerOf(process.env.DARKROOM_STACK)].require();
}

/**
 * Starts the parts side by side and resolves when all are healthy. When this process ends, in whatever way, the parts
 * end too. Errors are `StackError`s that say what is missing and what to do; nothing is left behind by them.
 */
export async function startStack(options: StackOptions & { provider?: ProviderName }): Promise<Stack> {
  return providers[options.provider ?? providerOf(process.env.DARKROOM_STACK)].start(options);
}
