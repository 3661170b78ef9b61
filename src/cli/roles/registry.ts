import type { StartConfig } from '../../config/compile.ts';
import { createRegistryCodec, type RegistryCodec } from '../../serdes/registry-codec.ts';
import type { Dependency } from './dependencies.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** The codec of one role, and the registry as that role depends on it. */
export function registryOf({ registry, topics }: StartConfig): {
  readonly codec: RegistryCodec;
  readonly dependency: Dependency;
} {
  const codec = createRegistryCodec({
    ...registry,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    topics: {
      imageUploads: topics.uploads,
      imageStats: topics.stats,
      imagePolicies: topics.policies,
      imageCounts: topics.counts,
    },
  });
  return {
    codec,
    dependency: { name: 'schema registry', reach: () => codec.start(), trouble: () => codec.trouble() },
  };
}
