import type { StartConfig } from '../../config/compile.ts';
import type { RegistryCodec } from '../../serdes/registry-codec.ts';
import { registryCodec } from '../registry-codec.ts';
import type { Dependency } from './dependencies.ts';

/** The codec of one role, and the registry as that role depends on it. */
export function registryOf({ registry, topics }: StartConfig): {
  readonly codec: RegistryCodec;
  readonly dependency: Dependency;
} {
  const codec = registryCodec(registry, topics);
  return {
    codec,
    dependency: { name: 'schema registry', reach: () => codec.start(), trouble: () => codec.trouble() },
  };
}
