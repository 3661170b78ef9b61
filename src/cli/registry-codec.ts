import type { StartConfig } from '../config/compile.ts';
import { createRegistryCodec, type RegistryCodec } from '../serdes/registry-codec.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** The codec over the configured registry, for the configured topics. */
export function registryCodec(
  registry: StartConfig['registry'],
  topics: StartConfig['topics'],
): RegistryCodec {
  return createRegistryCodec({
    ...registry,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    topics: {
      imageUploads: topics.uploads,
      imageStats: topics.stats,
      imagePolicies: topics.policies,
      imageCounts: topics.counts,
    },
  });
}

/** The codec that writes the external stream, as another application would. */
export const streamCodec = (registry: StartConfig['registry'], topic: string): RegistryCodec =>
  createRegistryCodec({
    ...registry,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    topics: { imageStream: topic },
  });
